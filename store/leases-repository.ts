import type { Collection as MongoCollection, Db } from 'mongodb';
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
  readonly ttlMs: number;
}

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
  /** Begins or goes on with a lease after a transition was written. A lower transition than the one standing changes nothing. */
  begin(lease: Omit<Lease, '_id' | 'renewedAt'> & { readonly rolloutId: string }): Promise<void>;
  /** Renews a lease that has not run out; one that has is reported and left alone. */
  renew(rolloutId: string): Promise<Renewal>;
  /** The leases of an environment with what is left of them. */
  live(environment: string): Promise<LiveLease[]>;
  /** Removes the lease of an ended rollout. */
  end(rolloutId: string): Promise<void>;
}

/** {@link LeasesRepository} in MongoDB. Works where the server knows no `$$NOW`, by comparing with a database time just read. */
export class MongoLeasesRepository implements LeasesRepository {
  private readonly leases: MongoCollection<Lease>;

  constructor(
    db: Db,
    private readonly clock: Pick<DatabaseClock, 'nowMs' | 'sync'>,
  ) {
    this.leases = db.collection<Lease>(Collection.Leases);
  }

  async begin({
    rolloutId,
    transition,
    ...rest
  }: Omit<Lease, '_id' | 'renewedAt'> & { rolloutId: string }): Promise<void> {
    const set = { $set: { ...rest, transition }, $currentDate: { renewedAt: true } } as const;
    const result = await this.leases.updateOne({ _id: rolloutId, transition: { $lte: transition } }, set);
    if (result.matchedCount > 0) return;
    try {
      await this.leases.updateOne({ _id: rolloutId, transition: { $lte: transition } }, set, { upsert: true });
    } catch (error) {
      // A higher transition made it meanwhile: ours is a late copy.
      if (!isDuplicateKey(error)) throw error;
    }
  }

  async renew(rolloutId: string): Promise<Renewal> {
    const standing = await this.leases.findOne({ _id: rolloutId });
    if (standing === null) return { kind: 'missing' };
    const nowMs = this.clock.nowMs();
    const lapsesAtMs = standing.renewedAt.getTime() + standing.ttlMs;
    if (lapsesAtMs <= nowMs) return { kind: 'lapsed', lapsedAtMs: lapsesAtMs, nowMs };
    const renewed = await this.leases.findOneAndUpdate(
      { _id: rolloutId },
      { $currentDate: { renewedAt: true } },
      { returnDocument: 'after' },
    );
    if (renewed === null) return { kind: 'missing' };
    const renewedAtMs = renewed.renewedAt.getTime();
    // The write itself may have been slow: if the database's own instant is past the end, evaluators had lapsed in between.
    if (renewedAtMs > lapsesAtMs && renewed.transition === standing.transition) {
      const ours = { _id: rolloutId, renewedAt: renewed.renewedAt, transition: renewed.transition };
      await this.leases.updateOne(ours, { $set: { renewedAt: standing.renewedAt } });
      return { kind: 'lapsed', lapsedAtMs: lapsesAtMs, nowMs: renewedAtMs };
    }
    return { kind: 'renewed', remainingMs: renewed.ttlMs, nowMs: renewedAtMs };
  }

  async live(environment: string): Promise<LiveLease[]> {
    const leases = await this.leases.find({ environment }).toArray();
    const nowMs = this.clock.nowMs();
    return leases.map(({ _id, flagId, renewedAt, ttlMs }) => ({
      rolloutId: _id,
      flagId,
      remainingMs: renewedAt.getTime() + ttlMs - nowMs,
    }));
  }

  async end(rolloutId: string): Promise<void> {
    await this.leases.deleteOne({ _id: rolloutId });
  }
}
