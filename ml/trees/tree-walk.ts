import { ErrorCode, HeadgateError } from '../../core/errors';
import { LEAF, type TreeStore } from './tree-store';

/** Longest jump that a word holds; trees of depth 12 have none longer. */
const LONGEST_JUMP = 8190;
/** Where the cut stands in a word, above all else, so that words and bins are compared without taking the cut out. */
const CUT_AT = 22;
/** Below it the step to the right child, with its lowest bit turned round. */
const STEP_AT = 9;
const STEP_MASK = 8191;
const KEY_MASK = 511;
/**
 * Rows whose keys stay in a near cache while one tree after the other is walked; a multiple of the six that are walked
 * at a time.
 */
const BLOCK_ROWS = 192;

/**
 * Trees packed for walking without branches, which a processor cannot guess: one word for each node, which holds cut,
 * step to the right child and what is compared. A leaf points at itself.
 *
 * A row is compared by its keys: of each feature the bin plus one, and the same where missing values go left: bin 255
 * is missing, one more and it wraps to 0, left of every cut, while the cut moves along with all other bins. Both are
 * shifted to where the cut stands.
 */
export class TreeWalk {
  private readonly roots: Int32Array;
  /** Splits on the longest way from each root to a leaf. */
  private readonly depths: Int32Array;
  /**
   * Bits 0–8 which key, bits 9–21 the step to the right (a leaf's is 0), from bit 22 the cut plus one (a leaf's is 0,
   * below every key).
   */
  private readonly words: Int32Array;
  private readonly values: Float64Array;
  /** Keys of the rows being walked, row after row. */
  private keys = new Int32Array(0);

  /** @throws {HeadgateError} INVALID_ARGUMENT for a tree that is larger than any that is grown */
  constructor(store: TreeStore) {
    this.roots = Int32Array.from(store.roots);
    this.depths = depthsOf(store);
    this.words = new Int32Array(store.nodes);
    this.values = store.value.slice(0, store.nodes);
    for (let node = 0; node < store.nodes; node++) {
      if (store.feature[node] === LEAF) {
        this.words[node] = wordOf(0, 0, 0);
        continue;
      }
      const shift = store.missingLeft[node] as number;
      const jump = (store.right[node] as number) - node - 1;
      if (jump > LONGEST_JUMP)
        throw new HeadgateError(ErrorCode.InvalidArgument, 'the model holds a tree that is too large');
      const key = 2 * (store.feature[node] as number) + shift;
      this.words[node] = wordOf((store.bin[node] as number) + shift + 1, jump + 1, key);
    }
  }

  /** Sum over all trees of the value that one row reaches. O(trees × depth). */
  sumOf(bins: Uint8Array): number {
    this.writeKeys(bins, 0, bins.length);
    let sum = 0;
    for (const root of this.roots) sum += this.values[this.walk(root, 0)] as number;
    return sum;
  }

  /**
   * The same for many rows. Goes tree by tree for a block of rows, so that both stay in the processor's cache, and six
   * rows at a time, so that their waits for memory overlap. O(rows × trees × depth).
   *
   * @param bins - row after row, `width` bins each
   */
  sumsOf(bins: Uint8Array, width: number, rows: number): Float64Array {
    const sums = new Float64Array(rows);
    for (let first = 0; first < rows; first += BLOCK_ROWS) {
      const end = Math.min(rows, first + BLOCK_ROWS);
      this.writeKeys(bins, first * width, end * width);
      for (let tree = 0; tree < this.roots.length; tree++) this.addTree(tree, 2 * width, sums, first, end);
    }
    return sums;
  }

  private writeKeys(bins: Uint8Array, from: number, to: number): void {
    if (this.keys.length < 2 * (to - from)) this.keys = new Int32Array(2 * (to - from));
    const { keys } = this;
    for (let at = from, place = 0; at < to; at++, place += 2) {
      const next = (bins[at] as number) + 1;
      keys[place] = next << CUT_AT;
      keys[place + 1] = ((next & 255) + 1) << CUT_AT;
    }
  }

  private addTree(tree: number, width: number, sums: Float64Array, first: number, end: number): void {
    const root = this.roots[tree] as number;
    const depth = this.depths[tree] as number;
    let row = first;
    for (; row + 6 <= end; row += 6) this.walkSix(root, depth, (row - first) * width, width, sums, row);
    for (; row < end; row++) {
      sums[row] = (sums[row] as number) + (this.values[this.walk(root, (row - first) * width)] as number);
    }
  }

  private walk(root: number, base: number): number {
    const { words, keys } = this;
    let at = root;
    for (;;) {
      const word = words[at] as number;
      if (word < 1 << CUT_AT) return at;
      at += stepOf(word, keys, base);
    }
  }

  /** As many steps as the tree is deep: one that has reached its leaf stays there, which costs less than asking. */
  private walkSix(root: number, depth: number, base: number, width: number, sums: Float64Array, row: number): void {
    const { words, values, keys } = this;
    let a = root;
    let b = root;
    let c = root;
    let d = root;
    let e = root;
    let f = root;
    for (let step = 0; step < depth; step++) {
      a += stepOf(words[a] as number, keys, base);
      b += stepOf(words[b] as number, keys, base + width);
      c += stepOf(words[c] as number, keys, base + 2 * width);
      d += stepOf(words[d] as number, keys, base + 3 * width);
      e += stepOf(words[e] as number, keys, base + 4 * width);
      f += stepOf(words[f] as number, keys, base + 5 * width);
    }
    sums[row] = (sums[row] as number) + (values[a] as number);
    sums[row + 1] = (sums[row + 1] as number) + (values[b] as number);
    sums[row + 2] = (sums[row + 2] as number) + (values[c] as number);
    sums[row + 3] = (sums[row + 3] as number) + (values[d] as number);
    sums[row + 4] = (sums[row + 4] as number) + (values[e] as number);
    sums[row + 5] = (sums[row + 5] as number) + (values[f] as number);
  }
}

function wordOf(cut: number, step: number, key: number): number {
  return (cut << CUT_AT) | ((step ^ 1) << STEP_AT) | key;
}

/**
 * How many nodes further a row goes: one to the left, the step to the right, none from a leaf. What stands below the
 * cut only makes an equal key no larger.
 */
function stepOf(word: number, keys: Int32Array, base: number): number {
  const right = (word - (keys[base + (word & KEY_MASK)] as number)) >> 31;
  return (right & (word >> STEP_AT) & STEP_MASK) ^ 1;
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
