import type { Collection as MongoCollection, Db } from 'mongodb';
import type { BaselineProfile } from '../ml/baseline/profile';
import { Collection } from './collections';
import { isDuplicateKey } from './database';

/** What is usual for one metric of one flag and segment: totals learned, nothing of any user. */
export interface StoredBaseline {
  /** {@link baselineId}. */
  readonly _id: string;
  readonly environment: string;
  readonly flagKey: string;
  readonly metric: string;
  readonly segment: string;
  readonly profile: BaselineProfile;
  /** The last rollouts it has learned from, newest last: none teaches twice. */
  readonly learnedFrom: readonly string[];
  /** Grows with every save. */
  readonly version: number;
}

/** Baseline profiles, one for each flag, metric and segment. */
export interface BaselinesRepository {
  get(id: string): Promise<StoredBaseline | null>;
  /** All of a flag, by metric and segment. */
  listFor(environment: string, flagKey: string): Promise<StoredBaseline[]>;
  /** Saves if the version standing is the expected one (0 for none); answers whether it did. */
  save(baseline: Omit<StoredBaseline, 'version'>, expectedVersion: number): Promise<boolean>;
}

/** Id of a baseline. Segments and metrics have no slash in their names; a flag's key may not either. */
export function baselineId(environment: string, flagKey: string, metric: string, segment: string): string {
  return [environment, flagKey, metric, segment].join('/');
}

/** {@link BaselinesRepository} in MongoDB. */
export class MongoBaselinesRepository implements BaselinesRepository {
  private readonly baselines: MongoCollection<StoredBaseline>;

  constructor(db: Db) {
    this.baselines = db.collection<StoredBaseline>(Collection.Baselines);
  }

  async get(id: string): Promise<StoredBaseline | null> {
    return this.baselines.findOne({ _id: id });
  }

  async listFor(environment: string, flagKey: string): Promise<StoredBaseline[]> {
    return this.baselines.find({ environment, flagKey }).sort({ _id: 1 }).toArray();
  }

  async save(baseline: Omit<StoredBaseline, 'version'>, expectedVersion: number): Promise<boolean> {
    const next: StoredBaseline = { ...baseline, version: expectedVersion + 1 };
    if (expectedVersion > 0) {
      const { _id, ...rest } = next;
      const result = await this.baselines.replaceOne({ _id, version: expectedVersion }, rest);
      return result.matchedCount === 1;
    }
    try {
      await this.baselines.insertOne(next);
      return true;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  }
}

/** {@link BaselinesRepository} in memory, for tests and for programs without a database. */
export class MemoryBaselinesRepository implements BaselinesRepository {
  private readonly baselines = new Map<string, StoredBaseline>();

  async get(id: string): Promise<StoredBaseline | null> {
    return structuredClone(this.baselines.get(id) ?? null);
  }

  async listFor(environment: string, flagKey: string): Promise<StoredBaseline[]> {
    const found = [...this.baselines.values()].filter(
      (one) => one.environment === environment && one.flagKey === flagKey,
    );
    return structuredClone(found.sort((a, b) => (a._id < b._id ? -1 : 1)));
  }

  async save(baseline: Omit<StoredBaseline, 'version'>, expectedVersion: number): Promise<boolean> {
    if ((this.baselines.get(baseline._id)?.version ?? 0) !== expectedVersion) return false;
    this.baselines.set(baseline._id, structuredClone({ ...baseline, version: expectedVersion + 1 }));
    return true;
  }
}
