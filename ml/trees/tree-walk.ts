import { ErrorCode, HeadgateError } from '../../core/errors';
import { LEAF, type TreeStore } from './tree-store';

/** Longest jump that a word holds; trees of depth 12 have none longer. */
const LONGEST_JUMP = 8191;

/**
 * Trees packed for walking without branches, which a processor cannot guess: one word for each node, which holds feature, cut, side of missing values
 * and how far beyond the next node the right child lies. A leaf points at itself.
 */
export class TreeWalk {
  private readonly roots: Int32Array;
  /** Splits on the longest way from each root to a leaf. */
  private readonly depths: Int32Array;
  /** Bits 0–7 feature, bit 8 how missing values are shifted, bits 9–17 the cut plus one (a leaf's is 0, below every bin), from bit 18 the jump (a leaf's is −1). */
  private readonly words: Int32Array;
  private readonly values: Float64Array;

  /** @throws {HeadgateError} INVALID_ARGUMENT for a tree that is larger than any that is grown */
  constructor(store: TreeStore) {
    this.roots = Int32Array.from(store.roots);
    this.depths = depthsOf(store);
    this.words = new Int32Array(store.nodes);
    this.values = store.value.slice(0, store.nodes);
    for (let node = 0; node < store.nodes; node++) {
      if (store.feature[node] === LEAF) {
        this.words[node] = -1 << 18;
        continue;
      }
      // Bin 255 is missing. One more and it wraps to 0, left of every cut, while the cut moves along with all other bins.
      const shift = store.missingLeft[node] as number;
      const jump = (store.right[node] as number) - node - 1;
      if (jump > LONGEST_JUMP)
        throw new HeadgateError(ErrorCode.InvalidArgument, 'the model holds a tree that is too large');
      this.words[node] =
        (jump << 18) |
        (((store.bin[node] as number) + shift + 1) << 9) |
        (shift << 8) |
        (store.feature[node] as number);
    }
  }

  /** Sum over all trees of the value that one row reaches. O(trees × depth). */
  sumOf(bins: Uint8Array): number {
    let sum = 0;
    for (const root of this.roots) sum += this.values[this.walk(root, bins, 0)] as number;
    return sum;
  }

  /**
   * The same for many rows. Goes tree by tree, so that a tree stays in the processor's cache, and six rows at a time, so that their
   * waits for memory overlap. O(rows × trees × depth).
   *
   * @param bins - row after row, `width` bins each
   */
  sumsOf(bins: Uint8Array, width: number, rows: number): Float64Array {
    const sums = new Float64Array(rows);
    for (let tree = 0; tree < this.roots.length; tree++) {
      const root = this.roots[tree] as number;
      const depth = this.depths[tree] as number;
      let row = 0;
      for (; row + 6 <= rows; row += 6) this.walkSix(root, depth, bins, row, width, sums);
      for (; row < rows; row++) {
        const at = this.walk(root, bins, row * width);
        sums[row] = (sums[row] as number) + (this.values[at] as number);
      }
    }
    return sums;
  }

  private walk(root: number, bins: Uint8Array, base: number): number {
    const { words } = this;
    let at = root;
    for (;;) {
      const word = words[at] as number;
      if (word < 0) return at;
      at += stepOf(word, bins, base);
    }
  }

  /** As many steps as the tree is deep: one that has reached its leaf stays there, which costs less than asking. */
  private walkSix(root: number, depth: number, bins: Uint8Array, row: number, width: number, sums: Float64Array): void {
    const { words, values } = this;
    const base = row * width;
    let a = root;
    let b = root;
    let c = root;
    let d = root;
    let e = root;
    let f = root;
    for (let step = 0; step < depth; step++) {
      a += stepOf(words[a] as number, bins, base);
      b += stepOf(words[b] as number, bins, base + width);
      c += stepOf(words[c] as number, bins, base + 2 * width);
      d += stepOf(words[d] as number, bins, base + 3 * width);
      e += stepOf(words[e] as number, bins, base + 4 * width);
      f += stepOf(words[f] as number, bins, base + 5 * width);
    }
    sums[row] = (sums[row] as number) + (values[a] as number);
    sums[row + 1] = (sums[row + 1] as number) + (values[b] as number);
    sums[row + 2] = (sums[row + 2] as number) + (values[c] as number);
    sums[row + 3] = (sums[row + 3] as number) + (values[d] as number);
    sums[row + 4] = (sums[row + 4] as number) + (values[e] as number);
    sums[row + 5] = (sums[row + 5] as number) + (values[f] as number);
  }
}

/** How many nodes further a row goes: one to the left, the jump more to the right, none from a leaf. */
function stepOf(word: number, bins: Uint8Array, base: number): number {
  const own = ((bins[base + (word & 255)] as number) + ((word >> 8) & 1)) & 255;
  const right = (((word >> 9) & 511) - 1 - own) >> 31;
  return 1 + (right & (word >> 18));
}

function depthsOf(store: TreeStore): Int32Array {
  const depth = new Int32Array(store.nodes);
  return Int32Array.from(store.roots, (root, tree) => {
    let deepest = 0;
    const end = store.roots[tree + 1] ?? store.nodes;
    // Parents come before their children.
    for (let node = root; node < end; node++) {
      const own = depth[node] as number;
      deepest = Math.max(deepest, own);
      if (store.feature[node] === LEAF) continue;
      depth[node + 1] = own + 1;
      depth[store.right[node] as number] = own + 1;
    }
    return deepest;
  });
}
