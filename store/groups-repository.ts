import type { Collection as MongoCollection, Db } from 'mongodb';
import type { GroupStatus } from '../workflows/group/status';
import { Collection } from './collections';
import { isDuplicateKey } from './database';

/** A group as lists show it: of a live one the workflow is the truth, of an ended one this is. */
export interface GroupProjection extends Omit<GroupStatus, 'groupId'> {
  readonly _id: string;
  readonly identity: string;
  /** Grows with every save. */
  readonly version: number;
  /** ISO 8601 of the last save. */
  readonly updatedAt: string;
}

const MAX_LISTED = 1000;

/** Projections of groups in MongoDB. */
export class GroupsRepository {
  private readonly groups: MongoCollection<GroupProjection>;

  constructor(
    db: Db,
    private readonly nowMs: () => number = Date.now,
  ) {
    this.groups = db.collection<GroupProjection>(Collection.Groups);
  }

  /** Saves unless a higher version stands; answers whether it did. */
  async save({ _id, ...rest }: Omit<GroupProjection, 'updatedAt'>): Promise<boolean> {
    const set = { ...rest, updatedAt: new Date(this.nowMs()).toISOString() };
    try {
      const filter = { _id, version: { $lt: rest.version } };
      const result = await this.groups.updateOne(filter, { $set: set }, { upsert: true });
      return result.matchedCount + result.upsertedCount > 0;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  }

  /** By group id. */
  async get(groupId: string): Promise<GroupProjection | null> {
    return this.groups.findOne({ _id: groupId });
  }

  /** Of an environment, newest first; of one key when it is given. */
  async list(
    environment: string,
    { key, limit = 50 }: { key?: string; limit?: number } = {},
  ): Promise<GroupProjection[]> {
    const filter = { environment, ...(key === undefined ? {} : { key }) };
    return this.groups.find(filter).sort({ startedAt: -1 }).limit(Math.min(limit, MAX_LISTED)).toArray();
  }

  /** Of all environments, those started before an instant (ISO 8601) that have not ended as far as the projection knows. */
  async liveStartedBefore(startedBefore: string): Promise<GroupProjection[]> {
    return this.groups.find({ outcome: null, startedAt: { $lt: startedBefore } }).toArray();
  }

  /** Of an environment, those that have not ended as far as the projection knows. */
  async live(environment: string): Promise<GroupProjection[]> {
    return this.groups.find({ environment, outcome: null }).toArray();
  }
}
