import type { DatabaseClock } from '../store/database-clock';
import type { LeasesRepository } from '../store/leases-repository';
import type { LeaseRenewal } from './rollout-activities';

/** What renewing leases needs. */
export interface LeaseDependencies {
  readonly leases: LeasesRepository;
  readonly clock: Pick<DatabaseClock, 'nowMs'>;
}

/**
 * Renews a rollout's lease, atomically in the database; one that has run out is reported and not renewed. Safe to
 * repeat and to overlap.
 */
export async function renewLease({ leases, clock }: LeaseDependencies, rolloutId: string): Promise<LeaseRenewal> {
  const renewal = await leases.renew(rolloutId);
  switch (renewal.kind) {
    case 'renewed':
      return { kind: 'renewed', nowMs: renewal.nowMs };
    case 'lapsed':
      return { kind: 'lapsed', lapsedAtMs: renewal.lapsedAtMs, nowMs: renewal.nowMs };
    case 'missing':
      return { kind: 'missing', nowMs: clock.nowMs() };
  }
}
