import type { Rng } from '../random/mulberry32';
import { MISSING_BIN } from './bins';
import { LEAF, type TreeStore } from './tree-store';

/** How a tree grows. */
export interface GrowOptions {
  /** Most splits from the root to a leaf, >= 0. */
  readonly maxDepth: number;
  /** Least sum of weights in a leaf, > 0. */
  readonly minLeafWeight: number;
  /** How many features, drawn anew at each node, a split is chosen among; 1 to the number of features. */
  readonly featuresPerSplit: number;
  /** Pulls leaf values towards 0: added to the weight of a leaf; 0 leaves plain means. */
  readonly shrinkage: number;
  /** Least gain (of `sum² / weight`) for which a node is split, >= 0. */
  readonly minGain: number;
  /** One cut drawn at random for each feature tried, in place of the best one. */
  readonly randomCuts?: boolean;
}

/** What a tree is grown on: for each row a target and a weight; a leaf's value is Σ target / (Σ weight + shrinkage). */
export interface GrowRows {
  /** Bins of each feature, all rows. */
  readonly columns: readonly Uint8Array[];
  /** Row numbers to grow on; reordered in place. */
  readonly rows: Int32Array;
  /** By row number, already multiplied by the row's weight. */
  readonly target: Float64Array;
  /** By row number, >= 0. */
  readonly weight: Float64Array;
}

/** A split that was found. */
interface Split {
  gain: number;
  feature: number;
  bin: number;
  missingLeft: boolean;
}

/**
 * Grows one tree by greedy splits of binned features and adds it to the store. With labels times weights as targets the
 * gain is that of Gini impurity and leaves hold class frequencies; with gradients and curvatures it is a Newton step of
 * boosting. A missing value goes where it gains more, at each split by itself. O(rows × depth × features for each
 * split).
 *
 * @param rng - draws the features of each split; the order of its draws is part of the result
 */
export function growTree(store: TreeStore, data: GrowRows, options: GrowOptions, rng: Rng): void {
  new Grower(store, data, options, rng).grow();
}

class Grower {
  /** Target and weight of each bin in turn; clean between uses. */
  private readonly histogram = new Float64Array(512);
  private readonly features: Int32Array;
  private readonly spare: Int32Array;
  private readonly best: Split = { gain: 0, feature: -1, bin: 0, missingLeft: false };

  constructor(
    private readonly store: TreeStore,
    private readonly data: GrowRows,
    private readonly options: GrowOptions,
    private readonly rng: Rng,
  ) {
    this.features = Int32Array.from(data.columns.keys());
    this.spare = new Int32Array(data.rows.length);
  }

  grow(): void {
    this.store.beginTree();
    this.node(0, this.data.rows.length, 0);
  }

  /** Makes the node of the rows `from` to `to`, and all below it. */
  private node(from: number, to: number, depth: number): void {
    const { rows, target, weight } = this.data;
    let sum = 0;
    let total = 0;
    for (let index = from; index < to; index++) {
      const row = rows[index] as number;
      sum += target[row] as number;
      total += weight[row] as number;
    }
    const split = depth < this.options.maxDepth ? this.findSplit(from, to, sum, total) : undefined;
    if (split === undefined) {
      const whole = total + this.options.shrinkage;
      this.store.add(LEAF, 0, false, whole > 0 ? sum / whole : 0);
      return;
    }
    const at = this.store.add(split.feature, split.bin, split.missingLeft, 0);
    const middle = this.partition(from, to, split);
    this.node(from, middle, depth + 1);
    this.store.right[at] = this.store.nodes;
    this.node(middle, to, depth + 1);
  }

  /** The best split among features drawn for this node; undefined when none gains enough. */
  private findSplit(from: number, to: number, sum: number, total: number): Split | undefined {
    const { minLeafWeight, featuresPerSplit, minGain, shrinkage } = this.options;
    if (total < 2 * minLeafWeight) return undefined;
    const { best, features } = this;
    best.gain = minGain + (sum * sum) / (total + shrinkage) + 1e-12;
    best.feature = -1;
    const count = Math.min(featuresPerSplit, features.length);
    for (let draw = 0; draw < count; draw++) {
      if (count < features.length) this.drawFeature(draw);
      this.tryFeature(features[draw] as number, from, to, sum, total);
    }
    // The caller reads it before the next search begins.
    return best.feature < 0 ? undefined : { ...best };
  }

  /** Puts a feature drawn from those not yet drawn at place `draw`. */
  private drawFeature(draw: number): void {
    const { features } = this;
    const pick = draw + Math.floor(this.rng() * (features.length - draw));
    const drawn = features[pick] as number;
    features[pick] = features[draw] as number;
    features[draw] = drawn;
  }

  private tryFeature(feature: number, from: number, to: number, sum: number, total: number): void {
    const { histogram } = this;
    const { rows, target, weight } = this.data;
    const bins = this.data.columns[feature] as Uint8Array;
    let first = MISSING_BIN;
    let last = -1;
    for (let index = from; index < to; index++) {
      const row = rows[index] as number;
      const bin = bins[row] as number;
      const cell = bin << 1;
      histogram[cell] = (histogram[cell] as number) + (target[row] as number);
      histogram[cell + 1] = (histogram[cell + 1] as number) + (weight[row] as number);
      if (bin === MISSING_BIN) continue;
      if (bin < first) first = bin;
      if (bin > last) last = bin;
    }
    this.scan(feature, first, last, sum, total);
  }

  /** Tries each cut between the bins `first` and `last`, with missing values on either side, and cleans the histogram. */
  private scan(feature: number, first: number, last: number, sum: number, total: number): void {
    const { histogram, best } = this;
    const { minLeafWeight, shrinkage } = this.options;
    const missingSum = histogram[2 * MISSING_BIN] as number;
    const missingWeight = histogram[2 * MISSING_BIN + 1] as number;
    histogram[2 * MISSING_BIN] = 0;
    histogram[2 * MISSING_BIN + 1] = 0;
    let leftSum = 0;
    let left = 0;
    const only = this.options.randomCuts === true ? first + Math.floor(this.rng() * (last - first)) : -1;
    for (let bin = first; bin <= last; bin++) {
      const cell = bin << 1;
      const weight = histogram[cell + 1] as number;
      leftSum += histogram[cell] as number;
      left += weight;
      histogram[cell] = 0;
      histogram[cell + 1] = 0;
      if (weight === 0 && only < 0) continue;
      if (only >= 0 && bin !== only) continue;
      for (let side = 0; side < (missingWeight > 0 ? 2 : 1); side++) {
        const ofLeft = side === 0 ? left : left + missingWeight;
        const ofRight = total - ofLeft;
        if (ofLeft < minLeafWeight || ofRight < minLeafWeight) continue;
        const sumLeft = side === 0 ? leftSum : leftSum + missingSum;
        const sumRight = sum - sumLeft;
        const gain = (sumLeft * sumLeft) / (ofLeft + shrinkage) + (sumRight * sumRight) / (ofRight + shrinkage);
        if (gain <= best.gain) continue;
        best.gain = gain;
        best.feature = feature;
        best.bin = bin;
        // Where nothing was missing, a missing value later goes with the larger part.
        best.missingLeft = missingWeight > 0 ? side === 1 : ofLeft > ofRight;
      }
    }
  }

  /** Orders the rows `from` to `to` left part first, each part keeping its order; answers where the right one begins. */
  private partition(from: number, to: number, split: Split): number {
    const { spare } = this;
    const { rows } = this.data;
    const bins = this.data.columns[split.feature] as Uint8Array;
    let left = from;
    let right = 0;
    for (let index = from; index < to; index++) {
      const row = rows[index] as number;
      const bin = bins[row] as number;
      const goesLeft = bin === MISSING_BIN ? split.missingLeft : bin <= split.bin;
      if (goesLeft) rows[left++] = row;
      else spare[right++] = row;
    }
    for (let index = 0; index < right; index++) rows[left + index] = spare[index] as number;
    return left;
  }
}
