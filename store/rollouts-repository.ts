import type { Collection as MongoCollection, Db, Filter } from 'mongodb';
import type { RolloutPlan } from '../flags/plan/plan';
import type { LookStatus, RolloutOutcome, RolloutPhase, WaitingFor } from '../workflows/rollout/status';
import { Collection } from './collections';
import { isDuplicateKey } from './database';

/** A rollout as lists show it: of a live one the workflow is the truth, of an ended one this is. */
export interface RolloutProjection {
  readonly _id: string;
  readonly environment: string;
  readonly flagKey: string;
  readonly workflowId: string;
  readonly runId: string;
  readonly identity: string;
  readonly plan: RolloutPlan;
  readonly changeId?: string;
  readonly startedBy: string;
  readonly startedAt: string;
  readonly state: RolloutPhase;
  readonly waitingFor: WaitingFor;
  readonly summary: string;
  readonly step: number;
  readonly weight: number;
  readonly transition: number;
  readonly verdict: string | null;
  readonly outcome: RolloutOutcome | null;
  readonly excludedSegments: readonly string[];
  readonly lastLook: LookStatus | null;
  readonly bakedMs: number;
  readonly bakeMs: number;
  /** Grows with every save. */
  readonly version: number;
  /** ISO 8601, set by the save that ended it. */
  readonly endedAt?: string;
  /** ISO 8601 of the last save. */
  readonly updatedAt: string;
}

/** What a list may be narrowed by. */
export interface RolloutFilter {
  readonly environment?: string;
  readonly state?: RolloutPhase;
  readonly flagKey?: string;
  readonly limit?: number;
}

/** Projections of rollouts. */
export interface RolloutsRepository {
  /** Saves unless a higher version stands; answers whether it did. */
  save(projection: Omit<RolloutProjection, 'updatedAt' | 'endedAt'>): Promise<boolean>;
  get(rolloutId: string): Promise<RolloutProjection | null>;
  /** Newest first. */
  list(filter: RolloutFilter): Promise<RolloutProjection[]>;
  /** Starts of one identity, newest first. */
  byIdentity(identity: string): Promise<RolloutProjection[]>;
  /** Rollouts that have not ended as far as the projection knows, started before an instant. */
  live(startedBefore: string): Promise<RolloutProjection[]>;
  /** Rollouts that ended at or after an instant, in ISO 8601, oldest end first. */
  ended(since: string): Promise<RolloutProjection[]>;
  /** The rollout of a flag that has not ended, as far as the projection knows. */
  liveOf(environment: string, flagKey: string): Promise<RolloutProjection | null>;
}

const MAX_LISTED = 1000;

/** {@link RolloutsRepository} in MongoDB. */
export class MongoRolloutsRepository implements RolloutsRepository {
  private readonly rollouts: MongoCollection<RolloutProjection>;

  constructor(
    db: Db,
    private readonly nowMs: () => number = Date.now,
  ) {
    this.rollouts = db.collection<RolloutProjection>(Collection.Rollouts);
  }

  async save(projection: Omit<RolloutProjection, 'updatedAt' | 'endedAt'>): Promise<boolean> {
    const updatedAt = new Date(this.nowMs()).toISOString();
    const { _id, ...rest } = projection;
    const set = { ...rest, updatedAt, ...(projection.outcome === null ? {} : { endedAt: updatedAt }) };
    try {
      const filter = { _id, version: { $lt: projection.version } };
      const result = await this.rollouts.updateOne(filter, { $set: set }, { upsert: true });
      return result.matchedCount + result.upsertedCount > 0;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  }

  async get(rolloutId: string): Promise<RolloutProjection | null> {
    return this.rollouts.findOne({ _id: rolloutId });
  }

  async list({ environment, state, flagKey, limit = 100 }: RolloutFilter): Promise<RolloutProjection[]> {
    const filter: Filter<RolloutProjection> = {
      ...(environment === undefined ? {} : { environment }),
      ...(state === undefined ? {} : { state }),
      ...(flagKey === undefined ? {} : { flagKey }),
    };
    return this.rollouts.find(filter).sort({ startedAt: -1 }).limit(Math.min(limit, MAX_LISTED)).toArray();
  }

  async byIdentity(identity: string): Promise<RolloutProjection[]> {
    return this.rollouts.find({ identity }).sort({ startedAt: -1 }).limit(20).toArray();
  }

  async live(startedBefore: string): Promise<RolloutProjection[]> {
    return this.rollouts.find({ outcome: null, startedAt: { $lt: startedBefore } }).toArray();
  }

  async ended(since: string): Promise<RolloutProjection[]> {
    return this.rollouts
      .find({ endedAt: { $gte: since } })
      .sort({ endedAt: 1 })
      .toArray();
  }

  async liveOf(environment: string, flagKey: string): Promise<RolloutProjection | null> {
    return this.rollouts.find({ environment, flagKey, outcome: null }).sort({ startedAt: -1 }).limit(1).next();
  }
}
