import type { Collection as MongoCollection, Db } from 'mongodb';
import type { Attribution } from '../analysis/attribution/attribution';
import { Collection } from './collections';
import { insertOnce } from './swap-document';

/**
 * What was found out about one lowering of a rollout, beside its decision record, which is written before anything is
 * known.
 */
export interface StoredAttribution {
  /** `rolloutId/transition`. */
  readonly _id: string;
  readonly rolloutId: string;
  readonly transition: number;
  /** ISO 8601: when it was looked for. */
  readonly at: string;
  readonly attribution: Attribution;
  /** What could not be asked, each in one sentence. */
  readonly missing: readonly string[];
}

/** Attributions of lowerings, written once each. */
export interface AttributionsRepository {
  /** Keeps it unless one stands for that transition; answers whether it did. */
  add(attribution: StoredAttribution): Promise<boolean>;
  /** Those of a rollout, by transition. */
  byRollout(rolloutId: string): Promise<StoredAttribution[]>;
}

/** {@link AttributionsRepository} in MongoDB. */
export class MongoAttributionsRepository implements AttributionsRepository {
  private readonly attributions: MongoCollection<StoredAttribution>;

  constructor(db: Db) {
    this.attributions = db.collection<StoredAttribution>(Collection.Attributions);
  }

  async add(attribution: StoredAttribution): Promise<boolean> {
    return insertOnce(this.attributions, attribution);
  }

  async byRollout(rolloutId: string): Promise<StoredAttribution[]> {
    return this.attributions.find({ rolloutId }).sort({ transition: 1 }).toArray();
  }
}
