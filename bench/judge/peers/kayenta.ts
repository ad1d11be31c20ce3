import { errorRates, quantiles, runningMax, type Minutes } from './minutes';

const TOLERANCE = 0.25;

/**
 * Kayenta's NetflixACAJudge: error rate, p95 and p99 of minutes compared by Mann-Whitney's test, `High` when the lower
 * bound of the Hodges-Lehmann shift's interval passes a quarter of the shift. The score is the normal deviate at which
 * it would, so its 98 % interval is at 2.326.
 */
export function kayenta(minutes: Minutes, everyMinutes: number): number[] {
  const { control, candidate } = minutes;
  const pairs = [
    [errorRates(candidate), errorRates(control)],
    [quantiles(candidate, 0.95), quantiles(control, 0.95)],
    [quantiles(candidate, 0.99), quantiles(control, 0.99)],
  ] as const;
  const scores = Array.from({ length: minutes.length }, (_, minute) => {
    if ((minute + 1) % everyMinutes !== 0) return Number.NaN;
    return Math.max(...pairs.map(([own, other]) => deviate(own.slice(0, minute + 1), other.slice(0, minute + 1))));
  });
  return runningMax(scores);
}

function deviate(candidate: readonly number[], control: readonly number[]): number {
  const x = candidate.filter((value) => !Number.isNaN(value));
  const y = control.filter((value) => !Number.isNaN(value));
  if (x.length < 2 || y.length < 2) return Number.NEGATIVE_INFINITY;
  const differences = Float64Array.from(x.flatMap((own) => y.map((other) => own - other))).sort();
  const middle = differences.length / 2;
  const shift =
    differences.length % 2 === 1
      ? (differences[Math.floor(middle)] as number)
      : ((differences[middle - 1] as number) + (differences[middle] as number)) / 2;
  if (shift <= 0 || mean(x) / Math.max(mean(y), 1e-12) < 1) return Number.NEGATIVE_INFINITY;
  const tolerance = TOLERANCE * shift;
  let u = 0;
  for (const difference of differences) u += difference > tolerance ? 1 : difference === tolerance ? 0.5 : 0;
  const pairs = x.length * y.length;
  const all = x.length + y.length;
  const ties = tieSum([...x.map((value) => value - tolerance), ...y]);
  const variance = (pairs * (all + 1)) / 12 - (pairs * ties) / (12 * all * (all - 1));
  return variance <= 0 ? Number.NEGATIVE_INFINITY : (u - pairs / 2 - 0.5) / Math.sqrt(variance);
}

/** Σ (t³ − t) over groups of equal values. */
function tieSum(values: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  let sum = 0;
  for (const count of counts.values()) sum += count ** 3 - count;
  return sum;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
