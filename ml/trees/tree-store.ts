import { MISSING_BIN } from './bins';

/** What stands in place of a feature's index in a leaf; so an ensemble may use up to 255 features. */
export const LEAF = 255;
/** Most columns that trees can tell apart. */
export const MAX_FEATURES = 255;

/**
 * Many trees in flat arrays. The nodes of a tree follow each other in preorder: the left child is the next node, the
 * right one is named. A row goes left when its bin is at most the node's, and where it is missing as the node says.
 */
export class TreeStore {
  /** Index of each tree's first node. */
  readonly roots: number[] = [];
  nodes = 0;
  feature = new Uint8Array(1024);
  bin = new Uint8Array(1024);
  /** 1 when missing values go left. */
  missingLeft = new Uint8Array(1024);
  right = new Int32Array(1024);
  /** Value of a leaf, in the ensemble's own unit; 0 elsewhere. */
  value = new Float64Array(1024);

  /** Begins a tree: the next node is its root. */
  beginTree(): void {
    this.roots.push(this.nodes);
  }

  /** Adds a node and answers its index. */
  add(feature: number, bin: number, missingLeft: boolean, value: number): number {
    if (this.nodes === this.feature.length) this.grow();
    const at = this.nodes++;
    this.feature[at] = feature;
    this.bin[at] = bin;
    this.missingLeft[at] = missingLeft ? 1 : 0;
    this.value[at] = value;
    return at;
  }

  /** Adds the values that one tree gives to each row, while an ensemble still grows. O(rows × depth). */
  addTree(tree: number, columns: readonly Uint8Array[], sums: Float64Array): void {
    const { feature, bin, missingLeft, right, value } = this;
    const root = this.roots[tree] as number;
    for (let row = 0; row < sums.length; row++) {
      let at = root;
      let split = feature[at] as number;
      while (split !== LEAF) {
        const own = (columns[split] as Uint8Array)[row] as number;
        const left = own === MISSING_BIN ? missingLeft[at] === 1 : own <= (bin[at] as number);
        at = left ? at + 1 : (right[at] as number);
        split = feature[at] as number;
      }
      sums[row] = (sums[row] as number) + (value[at] as number);
    }
  }

  private grow(): void {
    const size = this.feature.length * 2;
    this.feature = enlarge(this.feature, new Uint8Array(size));
    this.bin = enlarge(this.bin, new Uint8Array(size));
    this.missingLeft = enlarge(this.missingLeft, new Uint8Array(size));
    this.right = enlarge(this.right, new Int32Array(size));
    this.value = enlarge(this.value, new Float64Array(size));
  }
}

function enlarge<Kind extends Uint8Array | Int32Array | Float64Array>(from: Kind, to: Kind): Kind {
  to.set(from);
  return to;
}
