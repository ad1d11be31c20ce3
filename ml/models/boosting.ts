import { ln } from '../elementary/ln';
import { mulberry32 } from '../random/mulberry32';
import { quantise, type Ensemble } from '../trees/ensemble';
import { growTree } from '../trees/grow-tree';
import { LEAF, TreeStore } from '../trees/tree-store';
import { logOddsOf, probabilityOf } from './logit';

/** How trees are boosted. */
export interface BoostingOptions {
  /** Most trees. */
  readonly trees: number;
  /** Trees after which later rows are first asked whether more of them help; also the least number of trees. */
  readonly leastTrees: number;
  readonly maxDepth: number;
  /** Share of each tree's step that is taken, in (0, 1]. */
  readonly learningRate: number;
  /** Least curvature Σ w·p(1 − p) in a leaf. */
  readonly minLeafWeight: number;
  /** Added to the curvature of each leaf, so that small ones stay near 0. */
  readonly shrinkage: number;
  /** Features tried at each split, as a share of all. */
  readonly featureShare: number;
  /** Share of rows drawn for each tree, without replacement. */
  readonly rowShare: number;
}

/** A boosted ensemble: log odds are `start` plus the sum over its trees. */
export interface Boosted {
  readonly start: number;
  readonly trees: Ensemble;
}

/** Rows below which none are set aside to stop early: too few of them would decide by chance. */
const LEAST_ROWS_TO_STOP = 1000;
/** Share of rows, the latest, that tell when to stop; afterwards all rows train. */
const SHARE_TO_STOP = 0.15;
/** Trees between two looks at the later rows. */
const TREES_A_LOOK = 10;

interface Binned {
  readonly columns: readonly Uint8Array[];
  readonly labels: ArrayLike<number>;
  readonly weights: ArrayLike<number>;
}

/**
 * Gradient-boosted trees with the logistic loss. How many trees is decided on the latest rows, with the trees of the
 * earlier ones; then all rows train that many. O(trees × rows × depth × features for each split).
 *
 * @param columns - bins of each feature
 * @param labels - 0 or 1, in order of time; both occur
 * @param weights - weight of each row, > 0
 * @see Friedman (2001), doi:10.1214/aos/1013203451
 */
export function boost(
  columns: readonly Uint8Array[],
  labels: ArrayLike<number>,
  weights: ArrayLike<number>,
  options: BoostingOptions,
  seed: number,
): Boosted {
  const data = { columns, labels, weights };
  const rows = labels.length;
  const early = Math.round(rows * (1 - SHARE_TO_STOP));
  // Half of the rows say as well when to stop.
  const scout = { ...options, rowShare: options.rowShare / 2 };
  const count = rows < LEAST_ROWS_TO_STOP ? options.trees : new Booster(data, early, scout, seed).bestCount();
  const booster = new Booster(data, rows, options, seed);
  for (let tree = 0; tree < count; tree++) booster.addTree();
  return { start: booster.start, trees: quantise(booster.store) };
}

class Booster {
  readonly store = new TreeStore();
  readonly start: number;
  private readonly rng: () => number;
  private readonly scores: Float64Array;
  private readonly step: Float64Array;
  private readonly target: Float64Array;
  private readonly weight: Float64Array;

  /** Trains on the rows before `rows`; all rows are scored. */
  constructor(
    private readonly data: Binned,
    private readonly rows: number,
    private readonly options: BoostingOptions,
    seed: number,
  ) {
    this.rng = mulberry32(seed);
    let positive = 0;
    let total = 0;
    for (let row = 0; row < rows; row++) {
      positive += (data.weights[row] as number) * (data.labels[row] as number);
      total += data.weights[row] as number;
    }
    this.start = logOddsOf(positive / total, 1e-3);
    const all = data.labels.length;
    this.scores = new Float64Array(all).fill(this.start);
    this.step = new Float64Array(all);
    this.target = new Float64Array(all);
    this.weight = new Float64Array(all);
  }

  addTree(): void {
    const { data, options, scores, store } = this;
    const drawn = this.drawRows();
    const first = store.nodes;
    growTree(
      store,
      { columns: data.columns, rows: drawn, target: this.target, weight: this.weight },
      {
        maxDepth: options.maxDepth,
        minLeafWeight: options.minLeafWeight,
        featuresPerSplit: Math.max(1, Math.round(options.featureShare * data.columns.length)),
        shrinkage: options.shrinkage,
        minGain: 0,
      },
      this.rng,
    );
    for (let node = first; node < store.nodes; node++) {
      if (store.feature[node] === LEAF) store.value[node] = options.learningRate * (store.value[node] as number);
    }
    this.step.fill(0);
    store.addTree(store.roots.length - 1, data.columns, this.step);
    for (let row = 0; row < scores.length; row++) scores[row] = (scores[row] as number) + (this.step[row] as number);
  }

  /** How many trees serve the rows that do not train best. */
  bestCount(): number {
    const { trees, leastTrees } = this.options;
    for (let tree = 0; tree < leastTrees; tree++) this.addTree();
    let best = leastTrees;
    let least = this.laterLoss();
    for (let tree = leastTrees; tree < trees; tree += TREES_A_LOOK) {
      for (let more = 0; more < TREES_A_LOOK; more++) this.addTree();
      const loss = this.laterLoss();
      // Two looks without a gain are enough.
      if (loss >= least && tree + TREES_A_LOOK - best >= 2 * TREES_A_LOOK) break;
      if (loss < least) {
        least = loss;
        best = Math.min(trees, tree + TREES_A_LOOK);
      }
    }
    return best;
  }

  /** Draws the rows of one tree, and sets gradients and curvatures at them. */
  private drawRows(): Int32Array {
    const { data, scores, target, weight } = this;
    const drawn = new Int32Array(this.rows);
    let count = 0;
    for (let row = 0; row < this.rows; row++) {
      if (this.options.rowShare < 1 && this.rng() >= this.options.rowShare) continue;
      const p = probabilityOf(scores[row] as number);
      target[row] = (data.weights[row] as number) * ((data.labels[row] as number) - p);
      weight[row] = (data.weights[row] as number) * p * (1 - p);
      drawn[count++] = row;
    }
    return drawn.subarray(0, count);
  }

  /**
   * Log loss of the later rows. The share of failures moves with time, and calibration follows it; so the mean is set
   * right first.
   */
  private laterLoss(): number {
    const { data, scores } = this;
    let shift = 0;
    for (let turn = 0; turn < 5; turn++) {
      let slope = 0;
      let curvature = 1e-9;
      for (let row = this.rows; row < scores.length; row++) {
        const p = probabilityOf((scores[row] as number) + shift);
        slope += (data.weights[row] as number) * ((data.labels[row] as number) - p);
        curvature += (data.weights[row] as number) * p * (1 - p);
      }
      shift += Math.max(-1, Math.min(1, slope / curvature));
    }
    let loss = 0;
    for (let row = this.rows; row < scores.length; row++) {
      const p = probabilityOf((scores[row] as number) + shift);
      loss -= (data.weights[row] as number) * ln(Math.max(1e-300, data.labels[row] === 1 ? p : 1 - p));
    }
    return loss;
  }
}
