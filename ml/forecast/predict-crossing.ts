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

/** The mean of value over reference, without the noise of single windows, and bounds of 90 % each. */
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
  /**
   * How sure a predicted crossing must be, 0.5–1: of the bound that must lie past the limit, which is not that of the
   * forecast shown. Default 0.8.
   */
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
/** A trend needs so many windows, and looks back at so many. */
const TREND_LEAST = 12;
const TREND_MOST = 60;
/** A trend or curvature this many standard errors from none is real. */
const REAL = 3;
/** One this far from none may be real: it widens the interval to its side. */
const PERHAPS = 1;
/** What a line adds beyond the largest weight may be so many times as much again. */
const FASTER = 1;
/** Confidence with which a crossing is foreseen: with the interval's own, it would mostly be measured first. */
const DEFAULT_CONFIDENCE = 0.8;
/** Each bound holds with 90 %. */
const BOUND_TAIL = 0.1;
/** Windows that the scatter of all weights is worth beside that of one. */
const POOLED_ROWS = 10;
/** How much larger than any weight served so far the next may be for a curve; a straight line serves beyond. */
const CURVE_REACH = 2.5;
/** Windows at the current weight before anything is said of the next: the end of a line is otherwise held by one window. */
const SETTLED = 3;
const BEFORE = 3;

/**
 * Forecasts one metric at the current weight, some time ahead, and at the next weight, and says whether its limit will
 * be crossed.
 *
 * At the current weight: the recent level, with a straight trend in time where there is a real one, which the latest
 * windows have in common within their weights. At the next: a regression of all windows, less the trend, on the weight
 * they were served at, with curvature where it is real. A trend or bend that is not sure, and growth faster than in
 * proportion, widen the interval to their side. Daily cycles are the reference's business. Assumes that an effect of
 * load grows without jumps; a capacity that is suddenly exhausted cannot be foreseen.
 *
 * O(points).
 */
export function predictCrossing(question: CrossingQuestion): CrossingAnswer {
  const now = foresee(question);
  const before = now.crosses === 'none' ? null : foresee({ ...question, points: question.points.slice(0, -BEFORE) });
  return { ...now, persisted: before !== null && before.crosses !== 'none' };
}

function foresee(question: CrossingQuestion): Omit<CrossingAnswer, 'persisted'> {
  const { nextWeight, confidence = DEFAULT_CONFIDENCE } = question;
  const ratios = steady(ratiosOf(question.points.slice(-MOST_POINTS)));
  const current = currentStretch(ratios);
  const measured = current.length < MEASURED ? null : meanOf(current.slice(-MEASURED));
  const tail = 1 - Math.min(0.9999, Math.max(0.5001, confidence));
  const trend = trendOf(ratios, question.horizonMs);
  const onWeight = fitOnWeight(trend?.isReal === true ? withoutTrend(ratios, trend) : ratios, nextWeight);
  const currentAt = (own: number): Forecast | null => (measured === null ? null : forecastCurrent(current, trend, own));
  const nextAt = (own: number): Forecast | null =>
    onWeight === null ? null : forecastNext(onWeight, nextWeight, trend, own);
  return {
    measured,
    measuredCrosses: measured !== null && isCrossed(question, measured),
    atCurrent: currentAt(BOUND_TAIL),
    atNext: nextAt(BOUND_TAIL),
    crosses: surelyCrosses(question, currentAt(tail))
      ? 'current'
      : surelyCrosses(question, nextAt(tail))
        ? 'next'
        : 'none',
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

function unitsOf(ratios: readonly Ratio[]): number {
  return ratios.reduce((sum, one) => sum + one.units, 0);
}

function meanOf(ratios: readonly Ratio[], of: 'ratio' | 'atMs' = 'ratio'): number {
  return ratios.reduce((sum, one) => sum + one[of] * one.units, 0) / unitsOf(ratios);
}

/** A trend in time, whatever the weight, and how far ahead it is taken. */
interface Trend {
  /** Of the ratio, in a millisecond, with its standard error. */
  readonly slope: number;
  readonly error: number;
  readonly degrees: number;
  readonly aheadMs: number;
  /** Whether it is surely there; else it widens what is said without it. */
  readonly isReal: boolean;
}

/**
 * The slope that the latest windows have in common within the weights they were served at: what grows with the weight
 * is no trend. Null while there is none to speak of.
 */
function trendOf(ratios: readonly Ratio[], horizonMs: number): Trend | null {
  const recent = stretchesOf(ratios.slice(-TREND_MOST)).filter(({ length }) => length >= MEASURED);
  const [first, last] = [recent[0]?.[0], ratios.at(-1)];
  if (first === undefined || last === undefined || recent.reduce((sum, { length }) => sum + length, 0) < TREND_LEAST) {
    return null;
  }
  const lengthMs = last.atMs - first.atMs;
  if (!(lengthMs > 0)) return null;
  const fit = fitRegression(
    recent.flatMap((stretch) => {
      const [level, middle, all] = [meanOf(stretch), meanOf(stretch, 'atMs'), unitsOf(stretch)];
      return stretch.map(({ atMs, ratio, units }) => ({
        at: [(atMs - middle) / lengthMs],
        value: ratio - level,
        weight: units / all,
      }));
    }),
  );
  const [, slope = 0] = fit?.coefficients ?? [];
  const [, error = 0] = fit?.errors ?? [];
  if (fit === null || !(Math.abs(slope) > PERHAPS * error)) return null;
  return {
    slope: slope / lengthMs,
    error: error / lengthMs,
    degrees: fit.degrees,
    // No further ahead than it has been seen.
    aheadMs: Math.min(lengthMs, horizonMs),
    isReal: Math.abs(slope) > REAL * error,
  };
}

/** A forecast moved on by a trend for some time. */
function movedBy(forecast: Forecast, { slope, error, degrees }: Trend, forMs: number, tail: number): Forecast {
  const value = forecast.value + slope * forMs;
  const reach = studentQuantile(tail, degrees) * error * forMs;
  return {
    value,
    lower: value - Math.hypot(forecast.value - forecast.lower, reach),
    upper: value + Math.hypot(forecast.upper - forecast.value, reach),
  };
}

function forecastCurrent(current: readonly Ratio[], trend: Trend | null, tail: number): Forecast | null {
  const recent = current.slice(-TREND_MOST);
  const [last] = recent.slice(-1);
  if (last === undefined) return null;
  const middle = meanOf(recent, 'atMs');
  // A trend that is sure is no scatter around the level.
  const slope = trend?.isReal === true ? trend.slope : 0;
  const fit = fitRegression(
    recent.map(({ atMs, ratio, units }) => ({ at: [], value: ratio - slope * (atMs - middle), weight: units })),
  );
  if (fit === null) return null;
  const level = forecastOf(fit, [], tail);
  if (trend === null) return level;
  const later = movedBy(level, trend, last.atMs - middle + trend.aheadMs, tail);
  return trend.isReal ? later : allowFor(level, later);
}

/**
 * What is known of the metric by weight: a straight line, and a curve where there are at least three weights and the
 * next one is within reach.
 */
interface OnWeight {
  readonly line: Fit;
  readonly curve: Fit | null;
  /** Standard errors by which the curve's bend differs from none. */
  readonly bend: number;
  /** The largest weight served so far. */
  readonly largest: number;
}

function fitOnWeight(ratios: readonly Ratio[], nextWeight: number): OnWeight | null {
  const weights = new Set(ratios.map(({ weight }) => weight));
  if (weights.size < 2 || currentStretch(ratios).length < SETTLED) return null;
  const scales = scatterByWeight(ratios);
  const rowsOf = (curved: boolean): Observation[] =>
    ratios.map(({ weight, ratio }) => ({
      at: regressors(weight, curved),
      value: ratio,
      weight: 1 / (scales.get(weight) ?? 1),
    }));
  const line = fitRegression(rowsOf(false));
  if (line === null) return null;
  const isWithinReach = weights.size >= 3 && nextWeight <= CURVE_REACH * Math.max(...weights);
  const curve = isWithinReach ? fitRegression(rowsOf(true)) : null;
  const bend = curve === null ? 0 : Math.abs(curve.coefficients[2] ?? 0) / (curve.errors[2] ?? 0);
  return { line, curve, bend: weights.size >= 4 ? bend : Math.min(bend, REAL), largest: Math.max(...weights) };
}

/**
 * Windows as they would be had they all been measured now: else what grows with time seems to grow with the weight,
 * which rose with it.
 */
function withoutTrend(ratios: readonly Ratio[], { slope }: Trend): Ratio[] {
  const nowMs = ratios.at(-1)?.atMs ?? 0;
  return ratios.map((one) => ({ ...one, ratio: one.ratio + slope * (nowMs - one.atMs) }));
}

/**
 * Variances of windows by the weight they were served at, held towards that of all: noise of sampling falls with the
 * weight, and other noise does not.
 */
function scatterByWeight(ratios: readonly Ratio[]): Map<number, number> {
  const byWeight = new Map<number, number[]>();
  for (const { weight, ratio } of ratios) byWeight.set(weight, [...(byWeight.get(weight) ?? []), ratio]);
  const sums = [...byWeight].map(([weight, values]) => {
    const level = values.reduce((sum, one) => sum + one, 0) / values.length;
    return { weight, rows: values.length - 1, squares: values.reduce((sum, one) => sum + (one - level) ** 2, 0) };
  });
  const rows = sums.reduce((sum, one) => sum + one.rows, 0);
  const pooled = sums.reduce((sum, one) => sum + one.squares, 0) / Math.max(1, rows);
  if (!(pooled > 0)) return new Map();
  return new Map(
    sums.map((one) => [one.weight, (one.squares + POOLED_ROWS * pooled) / ((one.rows + POOLED_ROWS) * pooled)]),
  );
}

function regressors(weight: number, curved: boolean): number[] {
  const share = weight / 100;
  return curved ? [share, share * share] : [share];
}

function forecastNext(
  { line, curve, bend, largest }: OnWeight,
  nextWeight: number,
  trend: Trend | null,
  tail: number,
): Forecast {
  const curved = curve !== null && bend > PERHAPS ? forecastOf(curve, regressors(nextWeight, true), tail) : null;
  const straight = allowFaster(forecastOf(line, regressors(nextWeight, false), tail), line, nextWeight - largest);
  const onWeight = curved !== null && bend > REAL ? curved : allowFor(straight, curved);
  if (trend === null) return onWeight;
  const later = movedBy(onWeight, trend, trend.aheadMs, tail);
  return trend.isReal ? later : allowFor(onWeight, later);
}

function forecastOf(fit: Fit, at: readonly number[], tail: number): Forecast {
  const { value, error } = fit.predict(at);
  const reach = studentQuantile(tail, fit.degrees) * error;
  return { value, lower: value - reach, upper: value + reach };
}

/**
 * Effects of load often grow faster than in proportion to it, and few weights do not tell: the interval reaches further
 * to that side.
 */
function allowFaster(forecast: Forecast, line: Fit, further: number): Forecast {
  const [, slope = 0] = line.coefficients;
  if (further <= 0 || !(Math.abs(slope) > PERHAPS * (line.errors[1] ?? 0))) return forecast;
  const more = (FASTER * slope * further) / 100;
  return more > 0 ? { ...forecast, upper: forecast.upper + more } : { ...forecast, lower: forecast.lower + more };
}

/** Widens a forecast to the side where another would have it, which may be right and is not sure. */
function allowFor(forecast: Forecast, other: Forecast | null): Forecast {
  if (other === null) return forecast;
  return other.value > forecast.value
    ? { ...forecast, upper: Math.max(forecast.upper, other.upper) }
    : { ...forecast, lower: Math.min(forecast.lower, other.lower) };
}

function isCrossed({ direction, factor }: CrossingQuestion, ratio: number): boolean {
  return direction === 'lower_is_better' ? ratio > factor : ratio < factor;
}

function surelyCrosses(question: CrossingQuestion, forecast: Forecast | null): boolean {
  if (forecast === null) return false;
  return isCrossed(question, question.direction === 'lower_is_better' ? forecast.lower : forecast.upper);
}
