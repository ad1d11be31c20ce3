import { prepareSalt } from './bucket';
import { murmur3 } from './murmur3';

/**
 * How long a rollout's weight may still be served, on the evaluator's monotonic clock. One object for each rollout,
 * shared by every snapshot, so that renewing recompiles nothing.
 */
export interface Lease {
  expiresAtMonotonicMs: number;
  ttlMs: number;
}

/** The last share of a lease's life over which keys lapse one after another. */
const SPREAD = 0.1;
const LAPSE_SALT = prepareSalt('lapse');

/** A lease that was never granted: as lapsed as one can be. */
export function noLease(): Lease {
  return { expiresAtMonotonicMs: Number.NEGATIVE_INFINITY, ttlMs: 0 };
}

/**
 * Whether a key's share of the lease is over. Keys lapse evenly over the last 10 % of the life, each at its own fixed
 * place, so that a lost control plane does not move all users at once. The hash is apart from that of buckets, so both
 * ends of a weight lapse alike.
 */
export function hasLapsed(lease: Lease, targetingKey: string, monotonicMs: number): boolean {
  const leftMs = lease.expiresAtMonotonicMs - monotonicMs;
  if (leftMs <= 0) return true;
  const spreadMs = lease.ttlMs * SPREAD;
  return leftMs < spreadMs && leftMs <= (murmur3(LAPSE_SALT, targetingKey) / 2 ** 32) * spreadMs;
}
