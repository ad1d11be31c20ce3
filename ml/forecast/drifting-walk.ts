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
 * Forecasts a random walk with drift: what it gained in a unit of time so far goes on, and its spread grows with the way ahead, what is not known of the drift included: s²(h + h²/T) for h
 * units ahead after T, with Student's t of n − 1 degrees of freedom. Steps of unequal length count by it. Assumes that steps are independent and spread alike. O(n).
 *
 * @param last - where it is now
 * @param steps - n >= 2 steps that led there
 * @param ahead - h >= 0, in the unit of the lengths
 * @param confidence - of each bound, above 0.5 and below 1
 * @throws {RangeError} for fewer than two steps
 * @see Hyndman and Athanasopoulos (2021), Forecasting: principles and practice, 3rd ed., the drift method, https://otexts.com/fpp3/prediction-intervals.html
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
  const squares = steps.reduce((sum, step) => sum + (step.gain - step.length * drift) ** 2 / step.length, 0);
  const degrees = steps.length - 1;
  const error = Math.sqrt((squares / degrees) * (ahead + (ahead * ahead) / length));
  const value = last + ahead * drift;
  const reach = error === 0 ? 0 : quantileOf(1 - confidence, degrees) * error;
  return { value, lower: value - reach, upper: value + reach, drift };
}

function quantileOf(tail: number, degrees: number): number {
  const key = `${tail}/${degrees}`;
  const quantile = known.get(key) ?? studentQuantile(tail, degrees);
  if (known.size < MOST_KNOWN) known.set(key, quantile);
  return quantile;
}
