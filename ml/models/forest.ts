import type { Rng } from '../random/mulberry32';
import { quantise, type Ensemble } from '../trees/ensemble';
import { growTree } from '../trees/grow-tree';
import { TreeStore } from '../trees/tree-store';

/** How a forest is grown. */
export interface ForestOptions {
  readonly trees: number;
  /** Least rows in a leaf, counting a row as often as it was drawn. */
  readonly minLeafRows: number;
  /** Least share of all rows in a leaf, where that is more. */
  readonly minLeafShare: number;
  readonly maxDepth: number;
  /** Features tried at each split, as a share of all; at least one. */
  readonly featureShare: number;
  /** Rows drawn with replacement for each tree, as a share of all, in (0, 1]. */
  readonly rowShare: number;
  /** Cuts drawn at random and every row once for each tree: trees that differ more (Geurts et al. 2006). */
  readonly extraRandom?: boolean;
}

/**
 * Random forest: trees on bootstrap samples with features drawn at each split; the answer is the mean of leaf frequencies.
 * O(trees × rows × depth × features for each split).
 *
 * @param columns - bins of each feature
 * @param labels - 0 or 1
 * @param weights - weight of each row, > 0
 * @see Breiman (2001), doi:10.1023/A:1010933404324
 */
export function growForest(
  columns: readonly Uint8Array[],
  labels: ArrayLike<number>,
  weights: ArrayLike<number>,
  options: ForestOptions,
  rng: Rng,
): Ensemble {
  const rows = labels.length;
  const store = new TreeStore();
  const { extraRandom = false } = options;
  const weight = new Float64Array(rows);
  const target = new Float64Array(rows);
  const featuresPerSplit = Math.max(1, Math.round(options.featureShare * columns.length));
  const minLeafWeight = Math.max(options.minLeafRows, rows * options.minLeafShare);
  for (let tree = 0; tree < options.trees; tree++) {
    weight.fill(0);
    if (extraRandom) weight.set(weights);
    const draws = extraRandom ? 0 : Math.max(1, Math.round(rows * options.rowShare));
    for (let draw = 0; draw < draws; draw++) {
      const row = Math.floor(rng() * rows);
      weight[row] = (weight[row] as number) + (weights[row] as number);
    }
    const drawn: number[] = [];
    for (let row = 0; row < rows; row++) {
      const drawnWeight = weight[row] as number;
      target[row] = drawnWeight * (labels[row] as number);
      if (drawnWeight > 0) drawn.push(row);
    }
    growTree(
      store,
      { columns, rows: Int32Array.from(drawn), target, weight },
      {
        maxDepth: options.maxDepth,
        minLeafWeight,
        featuresPerSplit,
        shrinkage: 0,
        minGain: 0,
        randomCuts: extraRandom,
      },
      rng,
    );
  }
  return quantise(store);
}
