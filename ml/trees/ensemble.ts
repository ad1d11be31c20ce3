import { base64OfBytes, bytesOfBase64 } from '../encoding/base64';
import type { BinnedRows } from './binned-rows';
import { LEAF, TreeStore } from './tree-store';
import { TreeWalk } from './tree-walk';

/** Trees as JSON: some 2.2 bytes a node before base64. */
export interface EnsembleJson {
  /** In preorder of all nodes of all trees: the feature of a split, or 255 for a leaf; base64. */
  readonly features: string;
  /** Bin of each split in the same order; base64. */
  readonly bins: string;
  /** One bit for each split, lowest first: missing values go left; base64. */
  readonly missing: string;
  /** Value of each leaf in order, as an integer of 16 bits, low byte first; base64. */
  readonly values: string;
  /** A leaf's value is `low + step × integer`. */
  readonly low: number;
  readonly step: number;
}

/** Trees whose leaves are averaged, on rows of bins. */
export class Ensemble {
  private readonly walk: TreeWalk;

  constructor(
    private readonly store: TreeStore,
    private readonly low: number,
    private readonly step: number,
  ) {
    this.walk = new TreeWalk(store);
  }

  get trees(): number {
    return this.store.roots.length;
  }

  /**
   * Mean over the trees of the leaf that the row reaches: added up in integers, so that neither order nor batches
   * change it.
   */
  meanOf(bins: Uint8Array): number {
    return this.scale(this.walk.sumOf(bins));
  }

  /** The same for each row. */
  meansOf({ bins, width, rows }: BinnedRows): Float64Array {
    const sums = this.walk.sumsOf(bins, width, rows);
    for (let row = 0; row < rows; row++) sums[row] = this.scale(sums[row] as number);
    return sums;
  }

  private scale(sum: number): number {
    return this.low + (this.step * sum) / this.trees;
  }

  toJSON(): EnsembleJson {
    const { store } = this;
    const inner: number[] = [];
    const leaves: number[] = [];
    for (let node = 0; node < store.nodes; node++) (store.feature[node] === LEAF ? leaves : inner).push(node);
    const missing = new Uint8Array(Math.ceil(inner.length / 8));
    inner.forEach((node, index) => (missing[index >> 3]! |= (store.missingLeft[node] as number) << (index & 7)));
    const values = new Uint8Array(leaves.length * 2);
    leaves.forEach((node, index) => {
      const value = store.value[node] as number;
      values[index * 2] = value & 255;
      values[index * 2 + 1] = value >> 8;
    });
    return {
      features: base64OfBytes(store.feature.subarray(0, store.nodes)),
      bins: base64OfBytes(Uint8Array.from(inner, (node) => store.bin[node] as number)),
      missing: base64OfBytes(missing),
      values: base64OfBytes(values),
      low: this.low,
      step: this.step,
    };
  }
}

/**
 * Puts the leaf values of a grown ensemble on a grid of 65,536 integers, so that a model is the same before and after
 * it is stored.
 */
export function quantise(store: TreeStore): Ensemble {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let node = 0; node < store.nodes; node++) {
    if (store.feature[node] !== LEAF) continue;
    low = Math.min(low, store.value[node] as number);
    high = Math.max(high, store.value[node] as number);
  }
  const step = high > low ? (high - low) / 65_535 : 1;
  for (let node = 0; node < store.nodes; node++) {
    if (store.feature[node] === LEAF) store.value[node] = Math.round(((store.value[node] as number) - low) / step);
  }
  return new Ensemble(store, low, step);
}

/** Reads an ensemble back. @throws {HeadgateError} INVALID_ARGUMENT when numbers end early */
export function loadEnsemble(json: EnsembleJson): Ensemble {
  const features = bytesOfBase64(json.features);
  const bins = bytesOfBase64(json.bins);
  const missing = bytesOfBase64(json.missing);
  const values = bytesOfBase64(json.values);
  const store = new TreeStore();
  // Splits whose right child is still to come, innermost last.
  const open: number[] = [];
  let split = 0;
  let leaf = 0;
  let startsTree = true;
  for (const feature of features) {
    if (startsTree) store.beginTree();
    startsTree = false;
    if (feature !== LEAF) {
      const goesLeft = (((missing[split >> 3] ?? 0) >> (split & 7)) & 1) === 1;
      open.push(store.add(feature, bins[split++] ?? 0, goesLeft, 0));
      continue;
    }
    store.add(LEAF, 0, false, (values[leaf * 2] ?? 0) | ((values[leaf * 2 + 1] ?? 0) << 8));
    leaf += 1;
    const parent = open.pop();
    if (parent === undefined) startsTree = true;
    else store.right[parent] = store.nodes;
  }
  return new Ensemble(store, json.low, json.step);
}
