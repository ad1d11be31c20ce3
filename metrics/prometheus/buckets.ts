import { binOf } from '../histogram-bin';
import type { SparseHistogram } from '../windows';

/** How many values lie in (lower, upper], in the unit of the source. Counts of an expression may be fractions. */
export interface Bucket {
  readonly lower: number;
  readonly upper: number;
  readonly count: number;
}

/**
 * Cumulative counts by the text of `le`, as classic histograms have them, turned into buckets. Counts that fall are
 * taken as 0.
 */
export function classicBuckets(byLe: ReadonlyMap<string, number>): Bucket[] {
  const bounds = [...byLe].map(([le, count]) => ({
    upper: le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le),
    count,
  }));
  bounds.sort((a, b) => a.upper - b.upper);
  return bounds.map(({ upper, count }, index) => {
    const below = bounds[index - 1];
    // The lowest bucket of a classic histogram has no lower bound of its own; durations and sizes start at 0.
    const lower = below?.upper ?? Math.min(0, upper);
    return { lower, upper, count: Math.max(0, count - (below?.count ?? 0)) };
  });
}

/** Buckets in another unit. */
export function scaleBuckets(buckets: readonly Bucket[], scale: number): Bucket[] {
  return buckets.map(({ lower, upper, count }) => ({ lower: lower * scale, upper: upper * scale, count }));
}

/** All values. */
export function countOf(buckets: readonly Bucket[]): number {
  return buckets.reduce((total, { count }) => total + count, 0);
}

/** Bounds this close, as a share, are one bound written by two programs. */
const SAME_BOUND = 1e-6;

/** How many values are above a threshold, and the bucket that the threshold cuts, if any. */
export interface CountAbove {
  readonly count: number;
  readonly cut: Bucket | null;
}

/**
 * Counts the values above a threshold. A bucket that the threshold cuts is divided as if its values lay evenly over
 * their logarithm, as those of native histograms nearly do; whether that is good enough is the caller's to say.
 */
export function countAbove(buckets: readonly Bucket[], threshold: number): CountAbove {
  let above = 0;
  let cut: Bucket | null = null;
  for (const bucket of buckets) {
    const { lower, upper, count } = bucket;
    if (lower >= threshold * (1 - SAME_BOUND)) above += count;
    else if (upper > threshold * (1 + SAME_BOUND)) {
      if (count > 0 || cut === null) cut = bucket;
      above += count * shareAbove(bucket, threshold);
    }
  }
  return { count: above, cut };
}

function shareAbove({ lower, upper }: Bucket, threshold: number): number {
  if (upper === Number.POSITIVE_INFINITY) return 0;
  if (lower <= 0) return (upper - threshold) / (upper - lower);
  return Math.log(upper / threshold) / Math.log(upper / lower);
}

/**
 * The sum of the squared values as far as buckets tell it: evenly spread within each bucket, twice the lower bound in
 * the last one, and never less than the sum allows. Exact moments are lost in buckets.
 */
export function sumOfSquares(buckets: readonly Bucket[], sum: number): number {
  const count = countOf(buckets);
  if (count === 0) return 0;
  const squares = buckets.reduce((total, { lower, upper, count: inBucket }) => {
    const top = upper === Number.POSITIVE_INFINITY ? 2 * Math.max(lower, sum / count) : upper;
    const bottom = lower === Number.NEGATIVE_INFINITY ? top : lower;
    return total + (inBucket * (bottom * bottom + bottom * top + top * top)) / 3;
  }, 0);
  return Math.max(squares, (sum * sum) / count);
}

/**
 * Values of a sum without a histogram are assumed to scatter three times as wide as their mean: most latencies scatter
 * less.
 */
const ASSUMED_VARIATION = 3;

/** The sum of squares that is assumed where only a count and a sum are known, by the values' coefficient of variation. */
export function assumedSquares(count: number, sum: number, variation = ASSUMED_VARIATION): number {
  return count <= 0 ? 0 : (sum * sum * (1 + variation ** 2)) / count;
}

/**
 * Buckets in the judge's own logarithmic bins, each at the bin of its upper bound; an open last bucket one bin above
 * its lower bound.
 */
export function toBins(buckets: readonly Bucket[]): SparseHistogram {
  let zero = 0;
  const counts: Record<string, number> = {};
  for (const { lower, upper, count } of buckets) {
    if (count === 0) continue;
    const bound = upper === Number.POSITIVE_INFINITY ? lower : upper;
    if (bound <= 0) {
      zero += count;
      continue;
    }
    // The zero bucket of a native histogram reaches a little above 0.
    const bin = binOf(bound) + (upper === Number.POSITIVE_INFINITY ? 1 : 0);
    counts[bin] = (counts[bin] ?? 0) + count;
  }
  return { zero, counts };
}
