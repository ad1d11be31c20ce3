import type { EvaluationContext } from '@openfeature/core';
import type { ForeignBucket } from '../../document/foreign-condition';
import { compileAttribute, targetingKeyOf, type AttributeReader } from '../attribute';
import { EMPTY_HASH, extendHash, murmur3 } from '../murmur3';
import type { Predicate } from '../resolution';
import { flagdBucket } from './flagd-operators';

/** Seed of Unleash's variants, so that they are drawn apart from its rollouts. */
const UNLEASH_VARIANT_SEED = 86_028_157;

/**
 * Compiles 'the bucket that another system would give to this user lies in one of these ranges', so that an imported
 * flag serves everybody what they were served there. The first attribute that is there is hashed; without any, nobody
 * matches.
 *
 * @see Unleash client specification, strategies and variants; GrowthBook, "Hashing",
 *   https://docs.growthbook.io/lib/build-your-own; flagd,
 *   https://flagd.dev/reference/custom-operations/fractional-operation/
 */
export function compileForeignBucket({ hash, seed, attributes, size, ranges }: ForeignBucket): Predicate {
  const readers = attributes.map(compileIdentity);
  const bucketOf = bucketBy(hash, seed, size);
  return (context) => {
    const identity = identityOf(readers, context);
    if (identity === undefined) return false;
    const bucket = bucketOf(identity);
    for (const [from, to] of ranges) if (bucket >= from && bucket < to) return true;
    return false;
  };
}

/** The attributes by which other systems know a user are the targeting key where the context does not name them. */
export function compileIdentity(attribute: string): AttributeReader {
  const read = compileAttribute(attribute);
  if (attribute !== 'userId' && attribute !== 'id') return read;
  return (context) => read(context) ?? targetingKeyOf(context);
}

function identityOf(readers: readonly AttributeReader[], context: EvaluationContext): string | undefined {
  for (const read of readers) {
    const value = read(context);
    if (value === undefined || value === null || value === '') continue;
    if (typeof value === 'string') return value;
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  }
  return undefined;
}

function bucketBy(hash: ForeignBucket['hash'], seed: string, size: number): (identity: string) => number {
  switch (hash) {
    case 'unleash':
      return murmurBucket(0, seed, size);
    case 'unleash_variant':
      return murmurBucket(UNLEASH_VARIANT_SEED, seed, size);
    case 'growthbook_1':
      return (identity) => (fnv1a(identity + seed) % 1_000) / 1_000;
    case 'growthbook_2':
      return (identity) => (fnv1a(String(fnv1a(seed + identity))) % 10_000) / 10_000;
    case 'flagd': {
      const state = extendHash(EMPTY_HASH, seed);
      const buckets = size > 2 ** 21 ? Math.floor(size) : size;
      return (identity) => flagdBucket(murmur3(state, identity), buckets);
    }
    default:
      // A hash of a newer server: a bucket in no range is the safe reading.
      return () => Number.NaN;
  }
}

function murmurBucket(murmurSeed: number, group: string, size: number): (identity: string) => number {
  const state = extendHash({ ...EMPTY_HASH, hash: murmurSeed }, `${group}:`);
  return (identity) => murmur3(state, identity) % size;
}

/**
 * 32-bit FNV-1a over the code units of a text, as GrowthBook's clients compute it.
 *
 * @see Fowler, Noll and Vo, http://www.isthe.com/chongo/tech/comp/fnv/
 */
export function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
