/**
 * MurmurHash3 x86 32-bit, seed 0, over UTF-8, in two halves: the state after a fixed prefix is computed once, then each key
 * goes on from it. Reads characters in place, so hashing allocates nothing.
 *
 * @see Appleby, SMHasher, MurmurHash3_x86_32
 */

const C1 = 0xcc9e2d51;
const C2 = 0x1b873593;

/** A hash in progress: the mixed blocks, and up to three bytes waiting for a whole block. */
export interface HashState {
  readonly hash: number;
  /** Waiting bytes, least significant first. */
  readonly tail: number;
  /** How many bits of `tail` are filled: 0, 8, 16 or 24. */
  readonly tailBits: number;
  /** Bytes seen so far. */
  readonly lengthBytes: number;
}

/** The state before any byte. */
export const EMPTY_HASH: HashState = { hash: 0, tail: 0, tailBits: 0, lengthBytes: 0 };

function mix(hash: number, block: number): number {
  let k = Math.imul(block, C1);
  k = (k << 15) | (k >>> 17);
  const h = hash ^ Math.imul(k, C2);
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
}

function finish(hash: number, tail: number, lengthBytes: number): number {
  let k = Math.imul(tail, C1);
  k = (k << 15) | (k >>> 17);
  // An empty tail mixes to zero, so it needs no branch.
  let h = hash ^ Math.imul(k, C2) ^ lengthBytes;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** UTF-8 bytes of the code point at `index`, least significant byte first; lone surrogates become U+FFFD as in TextEncoder. */
function encode(text: string, index: number): { bytes: number; bits: number; units: number } {
  const unit = text.charCodeAt(index);
  if (unit < 0x80) return { bytes: unit, bits: 8, units: 1 };
  if (unit < 0x800) return { bytes: 0xc0 | (unit >> 6) | ((0x80 | (unit & 0x3f)) << 8), bits: 16, units: 1 };
  let point = unit;
  if (unit >= 0xd800 && unit <= 0xdfff) {
    const next = index + 1 < text.length ? text.charCodeAt(index + 1) : 0;
    if (unit <= 0xdbff && next >= 0xdc00 && next <= 0xdfff) {
      point = 0x10000 + ((unit - 0xd800) << 10) + (next - 0xdc00);
      const low = 0xf0 | (point >> 18) | ((0x80 | ((point >> 12) & 0x3f)) << 8);
      const high = 0x80 | ((point >> 6) & 0x3f) | ((0x80 | (point & 0x3f)) << 8);
      return { bytes: low | (high << 16), bits: 32, units: 2 };
    }
    point = 0xfffd;
  }
  const bytes = 0xe0 | (point >> 12) | ((0x80 | ((point >> 6) & 0x3f)) << 8) | ((0x80 | (point & 0x3f)) << 16);
  return { bytes, bits: 24, units: 1 };
}

/** The state after `text` as well: what {@link murmur3} goes on from for every key under one salt. */
export function extendHash(state: HashState, text: string): HashState {
  let { hash, tail, tailBits, lengthBytes } = state;
  for (let index = 0; index < text.length;) {
    const { bytes, bits, units } = encode(text, index);
    for (let shift = 0; shift < bits; shift += 8) {
      tail |= ((bytes >>> shift) & 0xff) << tailBits;
      tailBits += 8;
      if (tailBits === 32) {
        hash = mix(hash, tail);
        tail = 0;
        tailBits = 0;
      }
    }
    lengthBytes += bits >> 3;
    index += units;
  }
  return { hash, tail, tailBits, lengthBytes };
}

/**
 * @returns the hash of everything in `state` followed by `text`, as an unsigned 32-bit integer; O(length), no
 * allocation for ASCII
 */
export function murmur3(state: HashState, text: string): number {
  let hash = state.hash;
  let tail = state.tail;
  let tailBits = state.tailBits;
  const length = text.length;
  let index = 0;
  // Four characters at a time: they fill one block, whatever number of bytes was waiting.
  for (const end = length - 3; index < end; index += 4) {
    const a = text.charCodeAt(index);
    const b = text.charCodeAt(index + 1);
    const c = text.charCodeAt(index + 2);
    const d = text.charCodeAt(index + 3);
    if ((a | b | c | d) > 0x7f) return slowly(state, text);
    const word = a | (b << 8) | (c << 16) | (d << 24);
    if (tailBits === 0) {
      hash = mix(hash, word);
    } else {
      hash = mix(hash, tail | (word << tailBits));
      tail = word >>> (32 - tailBits);
    }
  }
  for (; index < length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit > 0x7f) return slowly(state, text);
    tail |= unit << tailBits;
    tailBits += 8;
    if (tailBits === 32) {
      hash = mix(hash, tail);
      tail = 0;
      tailBits = 0;
    }
  }
  return finish(hash, tail, state.lengthBytes + length);
}

function slowly(state: HashState, text: string): number {
  const { hash, tail, lengthBytes } = extendHash(state, text);
  return finish(hash, tail, lengthBytes);
}
