import type { Cohorts, FollowedUser } from './cohorts';

/** Bytes of a user's keyed hash: with a million users, two share one with a chance of 1 in 10 billion. */
export const HASH_BYTES = 9;

/** Cohorts as bytes and text: nine bytes for each user, and more only for those who are followed. */
export interface PackedCohorts {
  readonly upTo: number | null;
  readonly seen: Buffer;
  /** JSON of those who are followed. */
  readonly followed: string;
  readonly followedCount: number;
}

/** Packs cohorts. */
export function packCohorts({ upTo, seen, followed }: Cohorts): PackedCohorts {
  const bytes = Buffer.alloc(seen.size * HASH_BYTES);
  let at = 0;
  for (const hash of seen) at += bytes.write(hash, at, HASH_BYTES, 'base64url');
  const rows = followed.map(({ hash, cell, enteredAt, counts, sums }) => [hash, cell, enteredAt, counts, sums]);
  return { upTo, seen: bytes, followed: JSON.stringify(rows), followedCount: followed.length };
}

/** The cohorts that were packed. */
export function unpackCohorts({ upTo, seen, followed }: Omit<PackedCohorts, 'followedCount'>): Cohorts {
  const hashes = new Set<string>();
  for (let at = 0; at + HASH_BYTES <= seen.length; at += HASH_BYTES) {
    hashes.add(seen.toString('base64url', at, at + HASH_BYTES));
  }
  const rows = JSON.parse(followed) as [string, number, number, number[], number[]][];
  const users = rows.map(([hash, cell, enteredAt, counts, sums]): FollowedUser => {
    return { hash, cell, enteredAt, counts, sums };
  });
  return { upTo, seen: hashes, followed: users };
}
