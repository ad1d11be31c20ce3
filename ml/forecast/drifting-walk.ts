import { studentQuantile } from './regression';

/** One step of a walk: how long it took, in any unit of time, > 0, and what it added. */
export interface WalkStep {
  readonly length: number;
  readonly gain: number;
}

/** Where a walk is forecast to be, with bounds that each hold with the confidence asked for. */
export interface WalkForecast {
  readonly value: number;
  readonly lower: number;
  readonly upper: number;
  /** What it gains in one unit of time. */
  readonly drift: number;
}

/** Quantiles that were asked for: each takes some milliseconds of bisection, and few are ever wanted. */
const known = new Map<string, number>();
const MOST_KNOWN = 1_000;

/**
 * What is believed of how steps follow each other before any is seen: a correlation, and the steps that this belief is
 * worth.
 */
const BELIEVED = 0.5;
const BELIEF_STEPS = 8;
const MOST_CORRELATION = 0.8;
/** How much less each step counts for the recent spread than the one after it: half after six. */
const FADING = 0.89;
/** Of a variance at least this share is left by subtracting the drift, however steps follow each other. */
const LEAST_LEFT = 0.3;

/**
 * Forecasts a random walk with drift: what it gained in a unit of time so far goes on, and its spread grows with the
 * way ahead, what is not known of the drift included: ω²(h + h²/T) for h units ahead after T, with Student's t of n − 1
 * degrees of freedom. Steps of unequal length count by it. O(n).
 *
 * ω² is the long-run variance of steps that follow each other as an autoregression of order one: s²(1 + r)/(1 − r). Few
 * steps tell r badly and, taken as they are, too low: its bias is taken off, and it is held towards one half with the
 * weight of eight steps. s² is what is left of the variance by taking the drift off, made whole again, and at least
 * that of recent steps, as spread may grow. So it reaches too far where steps are independent and alike.
 *
 * @param last - where it is now
 * @param steps - n >= 2 steps that led there, oldest first
 * @param ahead - h >= 0, in the unit of the lengths
 * @param confidence - of each bound, above 0.5 and below 1
 * @throws {RangeError} for fewer than two steps
 * @see Hyndman and Athanasopoulos (2021), Forecasting: principles and practice, 3rd ed., the drift method,
 *   https://otexts.com/fpp3/prediction-intervals.html
 * @see Kendall (1954), Note on bias in the estimation of autocorrelation, doi:10.1093/biomet/41.3-4.403
 * @see Andrews (1991), doi:10.2307/2938229: long-run variances by an autoregression
 */
export function forecastWalk(
  last: number,
  steps: readonly WalkStep[],
  ahead: number,
  confidence: number,
): WalkForecast {
  if (steps.length < 2) throw new RangeError('a walk is forecast from two steps at least');
  const length = steps.reduce((sum, step) => sum + step.length, 0);
  const drift = steps.reduce((sum, { gain }) => sum + gain, 0) / length;
  const residuals = steps.map((step) => (step.gain - step.length * drift) / Math.sqrt(step.length));
  const error = Math.sqrt(longRunVariance(residuals) * (ahead + (ahead * ahead) / length));
  const value = last + ahead * drift;
  const reach = error === 0 ? 0 : quantileOf(1 - confidence, steps.length - 1) * error;
  return { value, lower: value - reach, upper: value + reach, drift };
}

function longRunVariance(residuals: readonly number[]): number {
  const n = residuals.length;
  const squares = residuals.reduce((sum, one) => sum + one * one, 0);
  if (squares === 0) return 0;
  const products = residuals.slice(1).reduce((sum, one, index) => sum + one * (residuals[index] as number), 0);
  const seen = products / squares;
  const unbiased = seen + (1 + 3 * seen) / n;
  const held = (n * unbiased + BELIEF_STEPS * BELIEVED) / (n + BELIEF_STEPS);
  const correlation = Math.min(MOST_CORRELATION, Math.max(0, held));
  const widening = (1 + correlation) / (1 - correlation);
  // The mean of n steps that follow each other takes the share widening / n of their variance with it.
  const whole = squares / (n - 1) / Math.max(LEAST_LEFT, (1 - widening / n) / (1 - 1 / n));
  return widening * Math.max(whole, recentVariance(residuals));
}

function recentVariance(residuals: readonly number[]): number {
  let squares = 0;
  let weights = 0;
  for (const one of residuals) {
    squares = FADING * squares + one * one;
    weights = FADING * weights + 1;
  }
  const n = residuals.length;
  return ((squares / weights) * n) / (n - 1);
}

function quantileOf(tail: number, degrees: number): number {
  const key = `${tail}/${degrees}`;
  const quantile = known.get(key) ?? studentQuantile(tail, degrees);
  if (known.size < MOST_KNOWN) known.set(key, quantile);
  return quantile;
}
