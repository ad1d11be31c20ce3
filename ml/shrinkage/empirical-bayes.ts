/** Effects pulled towards their common mean, and how far. */
export interface Shrunk {
  /** Precision-weighted common mean. */
  readonly mean: number;
  /** Variance of the true effects around it; 0 when chance alone explains how they differ. */
  readonly variance: number;
  /** Posterior means, same order as the effects; NaN where the effect is. */
  readonly effects: readonly number[];
}

/**
 * Empirical-Bayes shrinkage of estimates with known variances under a normal prior, whose variance is the moment
 * estimate of DerSimonian and Laird. A noisy estimate goes nearly all the way to the mean, a precise one stays where it
 * is. O(n).
 *
 * @param effects - one estimate each; NaN is left out and stays NaN
 * @param variances - sampling variance of each, > 0, same order
 * @returns the estimates themselves when there are fewer than three, for there is no spread to learn from
 * @see Efron and Morris (1973), doi:10.1080/01621459.1973.10481350
 * @see DerSimonian and Laird (1986), doi:10.1016/0197-2456(86)90046-2
 */
export function shrink(effects: readonly number[], variances: readonly number[]): Shrunk {
  const known = effects.flatMap((effect, index) => {
    const variance = variances[index] as number;
    return Number.isNaN(effect) || !(variance > 0) ? [] : [{ effect, weight: 1 / variance }];
  });
  const total = sum(known, ({ weight }) => weight);
  const fixedMean = total > 0 ? sum(known, ({ effect, weight }) => effect * weight) / total : 0;
  if (known.length < 3) return { mean: fixedMean, variance: 0, effects };
  const spread = sum(known, ({ effect, weight }) => weight * (effect - fixedMean) ** 2);
  const scale = total - sum(known, ({ weight }) => weight * weight) / total;
  const variance = Math.max(0, (spread - (known.length - 1)) / scale);
  const random = known.map(({ effect, weight }) => ({ effect, weight: 1 / (1 / weight + variance) }));
  const mean = sum(random, ({ effect, weight }) => effect * weight) / sum(random, ({ weight }) => weight);
  const shrunk = effects.map((effect, index) => {
    const own = variances[index] as number;
    return Number.isNaN(effect) || !(own > 0) ? effect : (effect * variance + mean * own) / (variance + own);
  });
  return { mean, variance, effects: shrunk };
}

function sum<Item>(items: readonly Item[], of: (item: Item) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
