import { median } from '../robust/median';
import { fitRegression, studentQuantile, type Fit, type Observation } from './regression';

/** One window of one metric in the candidate. */
export interface LoadPoint {
  readonly atMs: number;
  /** Percent the candidate was served to, 0–100. */
  readonly weight: number;
  /** The candidate's value, in the metric's unit. */
  readonly value: number;
  /** What it is compared with: the control's value in the same window, or what the baseline expects. > 0. */
  readonly reference: number;
  /** Requests or other units behind the value. */
  readonly units: number;
}

/** The mean of value over reference, without the noise of single windows, and bounds that each hold with the confidence asked for. */
export interface Forecast {
  readonly value: number;
  readonly lower: number;
  readonly upper: number;
}

/** What is asked. */
export interface CrossingQuestion {
  /** Oldest first; the last one's weight is the current one. The last 240 count. */
  readonly points: readonly LoadPoint[];
  readonly nextWeight: number;
  readonly direction: 'lower_is_better' | 'higher_is_better';
  /** The limit as a ratio to the reference: 1.2 is crossed above, 0.95 of a metric where higher is better below. */
  readonly factor: number;
  /** How far ahead the current weight is forecast. */
  readonly horizonMs: number;
  /** How sure a predicted crossing must be, 0.5–1. Default 0.9. */
  readonly confidence?: number;
}

/** What is foreseen. Forecasts are ratios to the reference; null while too little is known. */
export interface CrossingAnswer {
  /** Mean of the last five windows at the current weight. */
  readonly measured: number | null;
  readonly measuredCrosses: boolean;
  readonly atCurrent: Forecast | null;
  readonly atNext: Forecast | null;
  /** Where a crossing is foreseen with the confidence asked for; at the current weight before the next. */
  readonly crosses: 'none' | 'current' | 'next';
  /** The same was foreseen three windows ago. */
  readonly persisted: boolean;
}

const MOST_POINTS = 240;
/** Windows that make a measured value. */
const MEASURED = 5;
/** A trend needs so many windows at the current weight, and looks back at so many. */
const TREND_LEAST = 12;
const TREND_MOST = 60;
/** A trend or curvature this many standard errors from none is real. */
const REAL = 3;
/** How much larger than any weight served so far the next may be for a curve; a straight line serves beyond. */
const CURVE_REACH = 2.5;
/** Windows at the current weight before anything is said of the next: the end of a line is otherwise held by one window. */
const SETTLED = 3;
const BEFORE = 3;

/**
 * Forecasts one metric at the current weight, some time ahead, and at the next weight, and says whether its limit will be crossed.
 *
 * At the current weight: the recent level, with a straight trend where there is a real one. At the next: a regression of all windows on the weight they were
 * served at, with curvature where it is real. Daily cycles are the reference's business. Assumes that an effect of load grows without jumps; a capacity that is suddenly exhausted cannot be foreseen.
 *
 * O(points).
 */
export function predictCrossing(question: CrossingQuestion): CrossingAnswer {
  const now = foresee(question);
  const before = now.crosses === 'none' ? null : foresee({ ...question, points: question.points.slice(0, -BEFORE) });
  return { ...now, persisted: before !== null && before.crosses !== 'none' };
}

function foresee(question: CrossingQuestion): Omit<CrossingAnswer, 'persisted'> {
  const { nextWeight, confidence = 0.9 } = question;
  const ratios = steady(ratiosOf(question.points.slice(-MOST_POINTS)));
  const current = currentStretch(ratios);
  const measured = current.length < MEASURED ? null : meanOf(current.slice(-MEASURED));
  const tail = 1 - Math.min(0.9999, Math.max(0.5001, confidence));
  const trend = trendOf(current, question.horizonMs);
  const atCurrent = measured === null ? null : forecastCurrent(current, trend, tail);
  const onWeight = fitOnWeight(ratios, nextWeight);
  const atNext = onWeight === null ? null : forecastNext(onWeight, nextWeight, trend, tail);
  return {
    measured,
    measuredCrosses: measured !== null && isCrossed(question, measured),
    atCurrent,
    atNext,
    crosses: surelyCrosses(question, atCurrent) ? 'current' : surelyCrosses(question, atNext) ? 'next' : 'none',
  };
}

interface Ratio {
  readonly atMs: number;
  readonly weight: number;
  readonly ratio: number;
  readonly units: number;
}

function ratiosOf(points: readonly LoadPoint[]): Ratio[] {
  return points.flatMap(({ atMs, weight, value, reference, units }) => {
    const ratio = value / reference;
    return reference > 0 && units > 0 && Number.isFinite(ratio) ? [{ atMs, weight, ratio, units }] : [];
  });
}

/** Draws in windows that lie far from others of their stretch, so that one burst is neither a trend nor an effect of load. */
function steady(ratios: readonly Ratio[]): Ratio[] {
  return stretchesOf(ratios).flatMap((stretch) => {
    if (stretch.length < MEASURED) return stretch;
    return stretch.map((one, i) => {
      // Neighbours only: a trend within the stretch is not far off.
      const near = stretch.slice(Math.max(0, i - 5), i + 6).map(({ ratio }) => ratio);
      const level = median(near);
      const reach = 3 * 1.4826 * median(near.map((ratio) => Math.abs(ratio - level)));
      return { ...one, ratio: Math.max(level - reach, Math.min(level + reach, one.ratio)) };
    });
  });
}

function stretchesOf(ratios: readonly Ratio[]): Ratio[][] {
  const stretches: Ratio[][] = [];
  for (const one of ratios) {
    const last = stretches.at(-1);
    if (last?.[0]?.weight === one.weight) last.push(one);
    else stretches.push([one]);
  }
  return stretches;
}

function currentStretch(ratios: readonly Ratio[]): Ratio[] {
  return stretchesOf(ratios).at(-1) ?? [];
}

function meanOf(ratios: readonly Ratio[]): number {
  const units = ratios.reduce((sum, one) => sum + one.units, 0);
  return ratios.reduce((sum, one) => sum + one.ratio * one.units, 0) / units;
}

/** A real trend at the current weight: its fit, the regressor `ahead` where the horizon ends, and what it adds until then. */
interface Trend {
  readonly fit: Fit;
  readonly ahead: number;
  readonly gain: number;
  readonly gainError: number;
}

function trendOf(current: readonly Ratio[], horizonMs: number): Trend | null {
  const recent = current.slice(-TREND_MOST);
  const [first, last] = [recent[0], recent.at(-1)];
  if (first === undefined || last === undefined || recent.length < TREND_LEAST) return null;
  const lengthMs = last.atMs - first.atMs;
  if (!(lengthMs > 0)) return null;
  const fit = fitRegression(
    recent.map(({ atMs, ratio, units }) => ({ at: [(atMs - last.atMs) / lengthMs], value: ratio, weight: units })),
  );
  const slope = fit?.coefficients[1] ?? 0;
  const error = fit?.errors[1] ?? 0;
  if (fit === null || !(Math.abs(slope) > REAL * error)) return null;
  // No further ahead than it has been seen.
  const ahead = Math.min(1, horizonMs / lengthMs);
  return { fit, ahead, gain: slope * ahead, gainError: error * ahead };
}

function forecastCurrent(current: readonly Ratio[], trend: Trend | null, tail: number): Forecast | null {
  if (trend !== null) {
    const { value, error } = trend.fit.predict([trend.ahead]);
    return around(value, error, trend.fit.degrees, tail);
  }
  const fit = fitRegression(
    current.slice(-TREND_MOST).map(({ ratio, units }) => ({ at: [], value: ratio, weight: units })),
  );
  if (fit === null) return null;
  const { value, error } = fit.predict([]);
  return around(value, error, fit.degrees, tail);
}

/** A straight line on the weight; a curve where there are at least four weights, its bend is real and the next weight is within reach. */
function fitOnWeight(ratios: readonly Ratio[], nextWeight: number): { fit: Fit; curved: boolean } | null {
  const weights = new Set(ratios.map(({ weight }) => weight));
  if (weights.size < 2 || currentStretch(ratios).length < SETTLED) return null;
  const rowsOf = (curved: boolean): Observation[] =>
    ratios.map(({ weight, ratio, units }) => ({ at: regressors(weight, curved), value: ratio, weight: units }));
  if (weights.size >= 4 && nextWeight <= CURVE_REACH * Math.max(...weights)) {
    const fit = fitRegression(rowsOf(true));
    if (fit !== null && Math.abs(fit.coefficients[2] ?? 0) > REAL * (fit.errors[2] ?? 0)) return { fit, curved: true };
  }
  const fit = fitRegression(rowsOf(false));
  return fit === null ? null : { fit, curved: false };
}

function regressors(weight: number, curved: boolean): number[] {
  const share = weight / 100;
  return curved ? [share, share * share] : [share];
}

function forecastNext(
  { fit, curved }: { fit: Fit; curved: boolean },
  nextWeight: number,
  trend: Trend | null,
  tail: number,
): Forecast {
  const { value, error } = fit.predict(regressors(nextWeight, curved));
  const spread = Math.hypot(error, trend?.gainError ?? 0);
  return around(value + (trend?.gain ?? 0), spread, fit.degrees, tail);
}

function around(value: number, error: number, degrees: number, tail: number): Forecast {
  const reach = studentQuantile(tail, degrees) * error;
  return { value, lower: value - reach, upper: value + reach };
}

function isCrossed({ direction, factor }: CrossingQuestion, ratio: number): boolean {
  return direction === 'lower_is_better' ? ratio > factor : ratio < factor;
}

function surelyCrosses(question: CrossingQuestion, forecast: Forecast | null): boolean {
  if (forecast === null) return false;
  return isCrossed(question, question.direction === 'lower_is_better' ? forecast.lower : forecast.upper);
}
