import type { Snapshot } from './snapshot-cache';

/** A longer header is not sent: the answer is then a whole snapshot, which carries the leases in its body. */
export const MAX_LEASE_HEADER_BYTES = 8_192;

/** Milliseconds that each live rollout's lease has left, in the order of the snapshot's flags; -1 where there is none. */
export function remainingLeases(snapshot: Snapshot, databaseNowMs: number): number[] {
  return snapshot.rolloutIds.map((id) => {
    const endsAtMs = snapshot.leaseEndsAtMs.get(id);
    if (endsAtMs === undefined) return -1;
    return Math.max(0, Math.floor(endsAtMs - databaseNowMs));
  });
}

/** The leases as `headgate-leases` carries them; null when they do not fit a header. */
export function leaseHeader(remainingMs: readonly number[]): string | null {
  const text = remainingMs.join(',');
  return text.length > MAX_LEASE_HEADER_BYTES ? null : text;
}

/** The leases as the body carries them, by rollout id; rollouts without a lease are left out. */
export function leaseBody(snapshot: Snapshot, remainingMs: readonly number[]): Record<string, number> {
  return Object.fromEntries(
    snapshot.rolloutIds.flatMap((id, index) => {
      const left = remainingMs[index] ?? -1;
      return left < 0 ? [] : [[id, left]];
    }),
  );
}

/** The one entity tag of `If-None-Match`, without what says that it is weak. */
export function tagIn(ifNoneMatch: string | undefined): string {
  return (ifNoneMatch ?? '').trim().replace(/^W\//, '');
}

/** Whether `If-None-Match` names this entity tag (weak comparison, lists, `*`). */
export function matchesEtag(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  return ifNoneMatch.split(',').some((candidate) => {
    const tag = candidate.trim().replace(/^W\//, '');
    return tag === '*' || tag === etag;
  });
}
