/**
 * MurmurHash3 x86 32-bit as published, over whole byte arrays: a second implementation that shares nothing with the
 * evaluator's, to derive expected buckets from.
 */
export function referenceMurmur3(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const rotate = (x: number, by: number): number => (x << by) | (x >>> (32 - by));
  const whole = bytes.length - (bytes.length % 4);
  let h = 0;
  for (let at = 0; at < whole; at += 4) {
    h ^= Math.imul(rotate(Math.imul(view.getUint32(at, true), 0xcc9e2d51), 15), 0x1b873593);
    h = Math.imul(rotate(h, 13), 5) + 0xe6546b64;
  }
  let k = 0;
  for (let at = bytes.length - 1; at >= whole; at -= 1) k = (k << 8) | (bytes[at] ?? 0);
  if (whole < bytes.length) h ^= Math.imul(rotate(Math.imul(k, 0xcc9e2d51), 15), 0x1b873593);
  h ^= bytes.length;
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Hash, bucket and cell of a key by the reference, in exact integer arithmetic. */
export function referenceBucket(salt: string, key: string): { hash: number; bucket: number; cell: number } {
  const hash = referenceMurmur3(new TextEncoder().encode(`${salt}:${key}`));
  const cell = referenceMurmur3(new TextEncoder().encode(`cell:${key}`)) % 64;
  return { hash, bucket: Number((BigInt(hash) * 100_000n) >> 32n), cell };
}
