import type { Rng } from '../random/mulberry32';
import { binColumn, fitCuts } from '../trees/bins';
import { quantise, type BinnedTrees } from '../trees/binned-trees';
import { growTree } from '../trees/grow-tree';
import { TreeStore } from '../trees/tree-store';
import { logOddsOf, probabilityOf } from './logit';

/** How trees are boosted. */
export interface BoostingOptions {
  /** Most trees; fewer when later rows stop gaining. */
  readonly trees: number;
  readonly maxDepth: number;
  /** Share of each tree's step that is taken, in (0, 1]. */
  readonly learningRate: number;
  /** Least curvature Σ p(1 − p) in a leaf. */
  readonly minLeafWeight: number;
  /** Added to the curvature of each leaf. */
  readonly shrinkage: number;
  readonly featureShare: number;
  /** Share of rows drawn without replacement for each tree. */
  readonly rowShare: number;
}

/** A boosted ensemble: log odds are `start` plus the sum over its trees. */
export interface Boosted {
  readonly start: number;
  readonly trees: BinnedTrees;
}

/** @see Friedman (2001), doi:10.1214/aos/1013203451 */
export function boost(
  columns: readonly Float64Array[],
  labels: ArrayLike<number>,
  weights: ArrayLike<number>,
  options: BoostingOptions,
  rng: Rng,
): Boosted {
  const cuts = columns.map(fitCuts);
  const binned = columns.map((column, feature) => binColumn(column, cuts[feature] as Float64Array));
  const rows = labels.length;
  let positive = 0;
  let total = 0;
  for (let row = 0; row < rows; row++) {
    positive += (weights[row] as number) * (labels[row] as number);
    total += weights[row] as number;
  }
  const start = logOddsOf(positive / total, 1e-3);
  const scores = new Float64Array(rows).fill(start);
  const step = new Float64Array(rows);
  const target = new Float64Array(rows);
  const weight = new Float64Array(rows);
  const store = new TreeStore();
  const featuresPerSplit = Math.max(1, Math.round(options.featureShare * columns.length));
  for (let tree = 0; tree < options.trees; tree++) {
    const drawn: number[] = [];
    for (let row = 0; row < rows; row++) {
      if (options.rowShare < 1 && rng() >= options.rowShare) continue;
      const p = probabilityOf(scores[row] as number);
      target[row] = (weights[row] as number) * ((labels[row] as number) - p);
      weight[row] = (weights[row] as number) * p * (1 - p);
      drawn.push(row);
    }
    const first = store.nodes;
    growTree(
      store,
      { columns: binned, rows: Int32Array.from(drawn), target, weight },
      {
        maxDepth: options.maxDepth,
        minLeafWeight: options.minLeafWeight,
        featuresPerSplit,
        shrinkage: options.shrinkage,
        minGain: 0,
      },
      rng,
    );
    for (let node = first; node < store.nodes; node++)
      store.value[node] = options.learningRate * (store.value[node] as number);
    step.fill(0);
    store.addTree(store.roots.length - 1, binned, step);
    for (let row = 0; row < rows; row++) scores[row] = (scores[row] as number) + (step[row] as number);
  }
  return { start, trees: quantise(cuts, store) };
}
