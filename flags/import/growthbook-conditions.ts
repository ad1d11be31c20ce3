import type { Condition } from '../document/condition';
import type { ForeignBucket, Query } from '../document/foreign-condition';
import type { GrowthBookPayload, GrowthBookRule } from './growthbook-payload';

/** The attributes that users are drawn by, the fallback where the first is not given. */
export function attributesOf({
  hashAttribute = 'id',
  fallbackAttribute,
}: Pick<GrowthBookRule, 'hashAttribute' | 'fallbackAttribute'>): string[] {
  const named = hashAttribute === '' ? 'id' : hashAttribute;
  return fallbackAttribute === undefined || fallbackAttribute === '' ? [named] : [named, fallbackAttribute];
}

/** Null for a version that no client knows, which reaches nobody. */
export function hashOf(version: number): ForeignBucket['hash'] | null {
  return version === 1 ? 'growthbook_1' : version === 2 ? 'growthbook_2' : null;
}

/** Whoever lies in one of the ranges of a draw, from 0 to 1. */
export function bucketOf(
  hash: ForeignBucket['hash'],
  seed: string,
  attributes: readonly string[],
  ranges: [number, number][],
): Condition {
  return { bucket: { hash, seed, attributes: [...attributes], size: 1, ranges } };
}

/** The query with the members of its saved groups in place of their names; a group that is not there has none. */
export function withGroups(query: Query, groups: NonNullable<GrowthBookPayload['savedGroups']>): Query {
  const walk = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(walk);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, part]: [string, unknown]) => {
        if (name === '$inGroup') return ['$in', groups[String(part)] ?? []];
        if (name === '$notInGroup') return ['$nin', groups[String(part)] ?? []];
        return [name, walk(part)];
      }),
    );
  };
  return walk(query) as Query;
}
