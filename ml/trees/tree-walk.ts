import { LEAF, type TreeStore } from './tree-store';

/**
 * Trees packed for walking without branches, which a processor cannot guess: of each node one word that holds feature, cut and side of
 * missing values, and how far beyond the next node the right child lies. A leaf points at itself.
 */
export class TreeWalk {
  private readonly roots: Int32Array;
  /** Splits on the longest way from each root to a leaf. */
  private readonly depths: Int32Array;
  /** Bits 0–7 feature, bit 8 how missing values are shifted, from bit 9 the cut plus one; a leaf's is 0, below every bin. */
  private readonly words: Int32Array;
  private readonly jumps: Int32Array;
  private readonly values: Float64Array;

  constructor(store: TreeStore) {
    this.roots = Int32Array.from(store.roots);
    this.depths = depthsOf(store);
    this.words = new Int32Array(store.nodes);
    this.jumps = new Int32Array(store.nodes);
    this.values = store.value.slice(0, store.nodes);
    for (let node = 0; node < store.nodes; node++) {
      if (store.feature[node] === LEAF) {
        this.jumps[node] = -1;
        continue;
      }
      // Bin 255 is missing. One more and it wraps to 0, left of every cut, while the cut moves along with all other bins.
      const shift = store.missingLeft[node] as number;
      this.words[node] =
        (((store.bin[node] as number) + shift + 1) << 9) | (shift << 8) | (store.feature[node] as number);
      this.jumps[node] = (store.right[node] as number) - node - 1;
    }
  }

  /** Sum over all trees of the value that one row reaches. O(trees × depth). */
  sumOf(bins: Uint8Array): number {
    let sum = 0;
    for (const root of this.roots) sum += this.values[this.walk(root, bins)] as number;
    return sum;
  }

  /**
   * The same for many rows. Goes tree by tree, so that a tree stays in the processor's cache, and four rows at a time, so that their
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
      for (; row + 4 <= rows; row += 4) this.walkFour(root, depth, bins, row, width, sums);
      for (; row < rows; row++) {
        const at = this.walk(root, bins.subarray(row * width, (row + 1) * width));
        sums[row] = (sums[row] as number) + (this.values[at] as number);
      }
    }
    return sums;
  }

  private walk(root: number, bins: Uint8Array): number {
    const { words, jumps } = this;
    let at = root;
    for (;;) {
      const jump = jumps[at] as number;
      if (jump < 0) return at;
      at += 1 + (right(words[at] as number, bins, 0) & jump);
    }
  }

  /** As many steps as the tree is deep: one that has reached its leaf stays there, which costs less than asking. */
  private walkFour(
    root: number,
    depth: number,
    bins: Uint8Array,
    row: number,
    width: number,
    sums: Float64Array,
  ): void {
    const { words, jumps, values } = this;
    const base = row * width;
    let a = root;
    let b = root;
    let c = root;
    let d = root;
    for (let step = 0; step < depth; step++) {
      a += 1 + (right(words[a] as number, bins, base) & (jumps[a] as number));
      b += 1 + (right(words[b] as number, bins, base + width) & (jumps[b] as number));
      c += 1 + (right(words[c] as number, bins, base + 2 * width) & (jumps[c] as number));
      d += 1 + (right(words[d] as number, bins, base + 3 * width) & (jumps[d] as number));
    }
    sums[row] = (sums[row] as number) + (values[a] as number);
    sums[row + 1] = (sums[row + 1] as number) + (values[b] as number);
    sums[row + 2] = (sums[row + 2] as number) + (values[c] as number);
    sums[row + 3] = (sums[row + 3] as number) + (values[d] as number);
  }
}

/** All bits set when a row goes right at a node, none when it goes left. */
function right(word: number, bins: Uint8Array, base: number): number {
  const own = ((bins[base + (word & 255)] as number) + ((word >> 8) & 1)) & 255;
  return ((word >> 9) - 1 - own) >> 31;
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
