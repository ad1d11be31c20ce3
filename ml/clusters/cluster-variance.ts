/** What the clusters of one arm say about the spread of a ratio of sums. */
export interface ClusterVariance {
  /** Cluster-robust variance of the sum of influences, in squared units of the influences; 0 with fewer than two clusters. */
  readonly variance: number;
  /** How many clusters of equal size would carry the same weight: (Σn)² / Σn². */
  readonly effectiveClusters: number;
}

/**
 * Cluster-robust (linearised) variance of `Σ influence` around `slope × Σ size`, clusters being independent of each other and
 * anything within one cluster being allowed to depend. O(clusters).
 *
 * @param influences - what each cluster adds to the score
 * @param sizes - each cluster's weight, >= 0, same order; clusters of size 0 are left out
 * @param slope - fitted score per unit of size, so that the residuals are centred
 * @see Cameron, Gelbach, Miller (2011), doi:10.1198/jbes.2010.07136
 */
export function clusterVariance(
  influences: ArrayLike<number>,
  sizes: ArrayLike<number>,
  slope: number,
): ClusterVariance {
  let clusters = 0;
  let squares = 0;
  let size = 0;
  let sizeSquares = 0;
  for (let index = 0; index < influences.length; index++) {
    const weight = sizes[index] as number;
    if (weight <= 0) continue;
    const residual = (influences[index] as number) - slope * weight;
    clusters += 1;
    squares += residual * residual;
    size += weight;
    sizeSquares += weight * weight;
  }
  return {
    variance: clusters > 1 ? (squares * clusters) / (clusters - 1) : 0,
    effectiveClusters: sizeSquares > 0 ? (size * size) / sizeSquares : 0,
  };
}
