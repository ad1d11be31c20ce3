/** Weights of so many variations that are all alike. */
export function equalWeights(count: number): number[] {
  return count < 1 ? [] : Array.from({ length: count }, () => 1 / count);
}

/**
 * Where each variation of an experiment lies between 0 and 1. Weights that do not fit the variations, or do not add up
 * to 1 within a hundredth, are replaced by equal ones, as GrowthBook's clients do.
 *
 * @param coverage - share of each variation's part that takes part, 0 to 1; clipped to that
 * @see https://docs.growthbook.io/lib/build-your-own, getBucketRanges
 */
export function bucketRanges(count: number, coverage: number, weights?: readonly number[]): [number, number][] {
  const part = Math.max(0, Math.min(1, coverage));
  const sum = (weights ?? []).reduce((total, weight) => total + weight, 0);
  const isUsable = weights !== undefined && weights.length === count && sum >= 0.99 && sum <= 1.01;
  let from = 0;
  return (isUsable ? weights : equalWeights(count)).map((weight) => {
    const start = from;
    from += weight;
    return [start, start + part * weight];
  });
}
