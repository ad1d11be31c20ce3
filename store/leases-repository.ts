import type { Collection as MongoCollection, Db, Filter } from 'mongodb';
import { ErrorCode, HeadgateError } from '../core/errors';
import { Collection } from './collections';
import { isDuplicateKey } from './database';
import type { DatabaseClock } from './database-clock';

/** A lease as it is stored. `renewedAt` is written by the database's own clock. */
export interface Lease {
  readonly _id: string;
  readonly flagId: string;
  readonly environment: string;
  readonly transition: number;
  readonly renewedAt: Date;
  /** When anything of it was last written, by the database's own clock; absent in leases of older versions. */
  readonly changedAt?: Date;
  readonly ttlMs: number;
  /** Raised by one whenever `renewedAt` is written, so that a renewal is a compare-and-swap. */
  readonly renewals: number;
  /** Set when the rollout has ended, so that no late copy begins its lease again. */
  readonly endedAt?: Date;
}

/** What begins a lease. */
export type LeaseStart = Pick<Lease, 'flagId' | 'environment' | 'transition' | 'ttlMs'> & {
  readonly rolloutId: string;
};

/** What a renewal came to. All instants are the database's. */
export type Renewal =
  | { readonly kind: 'renewed'; readonly remainingMs: number; readonly nowMs: number }
  | { readonly kind: 'lapsed'; readonly lapsedAtMs: number; readonly nowMs: number }
  | { readonly kind: 'missing' };

/** A live lease as evaluators are told of it. */
export interface LiveLease {
  readonly rolloutId: string;
  readonly flagId: string;
  /** At most what is really left, in milliseconds; 0 or less once lapsed. */
  readonly remainingMs: number;
}

/** One lease per rollout: the weight on the flag is served only while it lasts. Only the rollout's workflow renews it. */
export interface LeasesRepository {
  /**
   * Begins a lease anew after a transition was written. Unless the transition is higher than the one standing this
   * changes nothing, so that a repeated or late copy can neither bring back a lease that has run out nor that of an
   * ended rollout.
   */
  begin(lease: LeaseStart): Promise<void>;
  /**
   * Renews a lease that has not run out; one that has is reported and left alone.
   *
   * @throws {HeadgateError} REVISION_CONFLICT (retryable) when other copies kept renewing it at the same moment
   */
  renew(rolloutId: string): Promise<Renewal>;
  /** The leases of an environment with what is left of them. */
  live(environment: string): Promise<LiveLease[]>;
  /** Those written since an instant of the database; of one that was ended nothing is left. */
  changed(environment: string, sinceMs: number): Promise<LiveLease[]>;
  /** Ends the lease of an ended rollout for good. */
  end(rolloutId: string): Promise<void>;
}

/** Lost races of one call before it gives up. */
const ATTEMPTS = 5;
/** How long an ended lease stays, to refuse late copies. */
const KEEP_ENDED_MS = 86_400_000;

/**
 * {@link LeasesRepository} in MongoDB. Works where the server knows no `$$NOW`, by comparing with a database time just
 * read.
 */
export class MongoLeasesRepository implements LeasesRepository {
  private readonly leases: MongoCollection<Lease>;
  /**
   * Leases as this process last wrote or read them. A renewal that swaps on what is remembered needs no read; a wrong
   * memory loses the swap.
   */
  private readonly remembered = new Map<string, Lease>();

  constructor(
    db: Db,
    private readonly clock: Pick<DatabaseClock, 'nowMs' | 'sync'>,
  ) {
    this.leases = db.collection<Lease>(Collection.Leases);
  }

  async begin({ rolloutId, ...lease }: LeaseStart): Promise<void> {
    const update = { $set: lease, $inc: { renewals: 1 }, $currentDate: { renewedAt: true, changedAt: true } } as const;
    const lower = { _id: rolloutId, transition: { $lt: lease.transition }, endedAt: { $exists: false } };
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      try {
        await this.leases.updateOne(lower, update, { upsert: true });
        return;
      } catch (error) {
        if (!isDuplicateKey(error)) throw error;
      }
      // It exists: with this transition or a later one, ended, or inserted a moment ago with an earlier one.
      if ((await this.leases.findOne(lower, { projection: { _id: 1 } })) === null) return;
    }
    throw contended(rolloutId);
  }

  async renew(rolloutId: string): Promise<Renewal> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const standing =
        this.takeRemembered(rolloutId) ?? (await this.leases.findOne({ _id: rolloutId, endedAt: { $exists: false } }));
      if (standing === null) return { kind: 'missing' };
      const nowMs = this.clock.nowMs();
      const lapsedAtMs = standing.renewedAt.getTime() + standing.ttlMs;
      if (lapsedAtMs <= nowMs) return { kind: 'lapsed', lapsedAtMs, nowMs };
      const renewed = await this.leases.findOneAndUpdate(
        { _id: rolloutId, renewals: standing.renewals, endedAt: { $exists: false } },
        { $inc: { renewals: 1 }, $currentDate: { renewedAt: true, changedAt: true } },
        { returnDocument: 'after' },
      );
      // Another copy renewed it, a transition began it anew, or it ended.
      if (renewed === null) continue;
      const renewedAtMs = renewed.renewedAt.getTime();
      if (renewedAtMs < lapsedAtMs) {
        this.remembered.set(rolloutId, renewed);
        return { kind: 'renewed', remainingMs: renewed.ttlMs, nowMs: renewedAtMs };
      }
      // The write itself was slow: by the database's own instant it came past the end, and evaluators had lapsed in between.
      const ours = { _id: rolloutId, renewals: renewed.renewals };
      const back = { $set: { renewedAt: standing.renewedAt }, $currentDate: { changedAt: true } } as const;
      await this.leases.updateOne(ours, { $inc: { renewals: 1 }, ...back });
      return { kind: 'lapsed', lapsedAtMs, nowMs: renewedAtMs };
    }
    throw contended(rolloutId);
  }

  async live(environment: string): Promise<LiveLease[]> {
    return this.read({ environment, endedAt: { $exists: false } });
  }

  async changed(environment: string, sinceMs: number): Promise<LiveLease[]> {
    return this.read({ environment, changedAt: { $gte: new Date(sinceMs) } });
  }

  async end(rolloutId: string): Promise<void> {
    await this.leases.updateOne({ _id: rolloutId }, { $currentDate: { endedAt: true, changedAt: true } });
    // A copy of an activity lives seconds; a day is past all doubt.
    await this.leases.deleteMany({ endedAt: { $lt: new Date(this.clock.nowMs() - KEEP_ENDED_MS) } });
  }

  /**
   * What is remembered of a lease, once, and only while by it the lease runs: whether one has run out is for the
   * database to say.
   */
  private takeRemembered(rolloutId: string): Lease | null {
    const lease = this.remembered.get(rolloutId);
    this.remembered.delete(rolloutId);
    if (lease === undefined) return null;
    return lease.renewedAt.getTime() + lease.ttlMs > this.clock.nowMs() ? lease : null;
  }

  private async read(filter: Filter<Lease>): Promise<LiveLease[]> {
    const leases = await this.leases.find(filter).toArray();
    const nowMs = this.clock.nowMs();
    return leases.map(({ _id, flagId, renewedAt, ttlMs, endedAt }) => ({
      rolloutId: _id,
      flagId,
      remainingMs: endedAt === undefined ? renewedAt.getTime() + ttlMs - nowMs : 0,
    }));
  }
}

function contended(rolloutId: string): HeadgateError {
  return new HeadgateError(ErrorCode.RevisionConflict, `the lease of '${rolloutId}' is being written too often`, {
    retryable: true,
  });
}
