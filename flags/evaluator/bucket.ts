import { EMPTY_HASH, extendHash, murmur3, type HashState } from './murmur3';

/** Buckets of a salt: one is 0.001 %. */
export const BUCKET_COUNT = 100_000;

const HASH_RANGE = 2 ** 32;

/** Prepares a salt, so that a key costs the hash of itself alone. */
export function prepareSalt(salt: string): HashState {
  return extendHash(EMPTY_HASH, `${salt}:`);
}

/** Bucket of a key under a prepared salt, 0 to 99,999: a function of salt and key alone. */
export function bucketUnder(salt: HashState, key: string): number {
  return Math.floor((murmur3(salt, key) * BUCKET_COUNT) / HASH_RANGE);
}

/** Bucket of a key: `floor(murmur3("salt:key") * 100000 / 2^32)`. */
export function bucketOf(salt: string, key: string): number {
  return bucketUnder(prepareSalt(salt), key);
}

/**
 * How many buckets a weight of 0–100 percent covers. A key is served when its bucket is below, so raising never takes
 * one out.
 */
export function thresholdOf(weight: number): number {
  return Math.round(weight * 1000);
}
