/**
 * Median and scaled median absolute deviation: a level and a spread that a minority of outliers cannot move. O(n log n).
 *
 * @param values - finite values, in any order; not changed
 * @returns `spread` is 1.4826 × the median absolute deviation, the standard deviation if the values are normal; both 0
 *   without values
 * @see Rousseeuw and Croux (1993), doi:10.1080/01621459.1993.10476408
 */
export function robustLevel(values: readonly number[]): { level: number; spread: number } {
  const level = median(values);
  return { level, spread: 1.4826 * median(values.map((value) => Math.abs(value - level))) };
}

/** Median of finite values; the mean of the middle two for an even count, 0 without values. O(n log n). */
export function median(values: readonly number[]): number {
  if (values.length === 0) return 0;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
}
