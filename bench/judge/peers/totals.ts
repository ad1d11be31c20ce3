import { MIDDLE_MS } from '../traces/trace';
import { runningMax, runningSum, type Minutes, type PeerArm } from './minutes';

interface Contrast {
  readonly difference: number;
  readonly variance: number;
  /** Size of the effect that mSPRT is most sensitive to, before its factor. */
  readonly level: number;
}

/** Two-proportion z on errors and Welch's z on mean latency over all data so far, looked at every minute. */
export function zEachMinute(minutes: Minutes): number[] {
  return scoresOf(minutes, ({ difference, variance }) =>
    variance > 0 ? difference / Math.sqrt(variance) : Number.NEGATIVE_INFINITY,
  );
}

/**
 * mSPRT with a normal mixture and plug-in variance, Bonferroni over errors and latency; the mixture's spread is the
 * base rate for errors and a tenth of the mean for latency.
 *
 * @see Johari, Koomen, Pekelis, Walsh (2022), doi:10.1287/opre.2021.2135
 */
export function mSprt(minutes: Minutes): number[] {
  const scores = scoresOf(minutes, ({ difference, variance, level }, metric) => {
    if (difference <= 0) return Number.NEGATIVE_INFINITY;
    const tau2 = Math.max((metric === 'errors' ? 1 : 0.1) * level, 1e-9) ** 2;
    const v = Math.max(variance, 1e-300);
    return 0.5 * Math.log(v / (v + tau2)) + (tau2 * difference ** 2) / (2 * v * (v + tau2));
  });
  return scores.map((score) => score - Math.log(2));
}

function scoresOf(
  { control, candidate }: Minutes,
  score: (contrast: Contrast, metric: 'errors' | 'latency') => number,
): number[] {
  const own = sumsOf(candidate);
  const other = sumsOf(control);
  return runningMax(
    own.map((now, minute) => {
      const against = other[minute] as Sums;
      if (now.requests < 2) return Number.NEGATIVE_INFINITY;
      return Math.max(score(errorContrast(now, against), 'errors'), score(latencyContrast(now, against), 'latency'));
    }),
  );
}

interface Sums {
  readonly requests: number;
  readonly errors: number;
  readonly sum: number;
  readonly squares: number;
}

function sumsOf({ requests, errors, bins }: PeerArm): Sums[] {
  const power = (exponent: number): number[] =>
    runningSum(
      bins.map((counts) => counts.reduce((sum, count, bin) => sum + count * (MIDDLE_MS[bin] as number) ** exponent, 0)),
    );
  const [allRequests, allErrors, sum, squares] = [runningSum(requests), runningSum(errors), power(1), power(2)];
  return requests.map((_, minute) => ({
    requests: allRequests[minute] as number,
    errors: allErrors[minute] as number,
    sum: sum[minute] as number,
    squares: squares[minute] as number,
  }));
}

function errorContrast(own: Sums, other: Sums): Contrast {
  const n1 = Math.max(own.requests, 1);
  const n0 = Math.max(other.requests, 1);
  const level = (own.errors + other.errors) / (n1 + n0);
  return { difference: own.errors / n1 - other.errors / n0, variance: level * (1 - level) * (1 / n1 + 1 / n0), level };
}

function latencyContrast(own: Sums, other: Sums): Contrast {
  const n1 = Math.max(own.requests, 1);
  const n0 = Math.max(other.requests, 1);
  const mean1 = own.sum / n1;
  const mean0 = other.sum / n0;
  const variance = Math.max(own.squares / n1 - mean1 ** 2, 0) / n1 + Math.max(other.squares / n0 - mean0 ** 2, 0) / n0;
  return { difference: mean1 - mean0, variance, level: mean0 };
}
