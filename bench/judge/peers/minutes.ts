import { BINS, UPPER_MS, type Trace, type TraceArm } from '../traces/trace';

/** A trace as the peers read it: numbers by minute for each arm, 0 where they were lost. */
export interface Minutes {
  readonly length: number;
  readonly control: PeerArm;
  readonly candidate: PeerArm;
}

/** One arm's requests, errors and bins by minute. */
export interface PeerArm {
  readonly requests: readonly number[];
  readonly errors: readonly number[];
  readonly bins: readonly (readonly number[])[];
}

/**
 * A judge of the field: a score for each minute that uses nothing later, and rolls back when it reaches the stock
 * threshold.
 */
export interface PeerJudge {
  readonly name: string;
  readonly score: (minutes: Minutes) => readonly number[];
  readonly threshold: number;
  /** What the threshold stands for. */
  readonly setting: string;
}

const NO_BINS: readonly number[] = new Array<number>(BINS).fill(0);

/** Reads a simulated trace. */
export function minutesOf(trace: Trace): Minutes {
  return {
    length: trace.minutes.length,
    control: armOf(trace.minutes.map(({ control }) => control)),
    candidate: armOf(trace.minutes.map(({ candidate }) => candidate)),
  };
}

function armOf(arms: readonly (TraceArm | null)[]): PeerArm {
  return {
    requests: arms.map((arm) => arm?.requests ?? 0),
    errors: arms.map((arm) => arm?.errors ?? 0),
    bins: arms.map((arm) => arm?.bins ?? NO_BINS),
  };
}

/** Error rates by minute; NaN without requests. */
export function errorRates({ requests, errors }: PeerArm): number[] {
  return requests.map((count, minute) => (count > 0 ? (errors[minute] as number) / count : Number.NaN));
}

/** A quantile by minute, interpolated on a log scale within its bin; NaN without requests. */
export function quantiles({ bins }: PeerArm, level: number): number[] {
  return bins.map((counts) => {
    const total = counts.reduce((sum, count) => sum + count, 0);
    if (total === 0) return Number.NaN;
    const target = level * total;
    let below = 0;
    for (const [bin, count] of counts.entries()) {
      if (below + count >= Math.max(target, 1e-9)) {
        const base = 2 ** (1 / 8);
        return ((UPPER_MS[bin] as number) / base) * base ** ((target - below) / Math.max(count, 1));
      }
      below += count;
    }
    return UPPER_MS[BINS - 1] as number;
  });
}

/** The highest value so far. */
export function runningMax(values: readonly number[]): number[] {
  let highest = Number.NEGATIVE_INFINITY;
  return values.map((value) => (highest = value > highest ? value : highest));
}

/** Sums so far. */
export function runningSum(values: readonly number[]): number[] {
  let sum = 0;
  return values.map((value) => (sum += value));
}

/** Log of the sum of exponentials. */
export function logSum(logs: ArrayLike<number>): number {
  let highest = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < logs.length; index++) highest = Math.max(highest, logs[index] as number);
  if (!Number.isFinite(highest)) return highest;
  let sum = 0;
  for (let index = 0; index < logs.length; index++) sum += Math.exp((logs[index] as number) - highest);
  return highest + Math.log(sum);
}
