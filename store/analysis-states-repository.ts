import type { Collection as MongoCollection, Db } from 'mongodb';
import type { AnalysisState } from '../analysis/types';
import { Collection } from './collections';
import { insertOnce } from './swap-document';

/** What the judge remembers of a rollout, as it is stored. */
export interface StoredAnalysisState {
  readonly _id: string;
  readonly state: AnalysisState;
  readonly lastWindowAt: number | null;
  readonly version: number;
}

/** States of the judge between looks, one per live rollout. */
export interface AnalysisStatesRepository {
  get(rolloutId: string): Promise<StoredAnalysisState | null>;
  /** Saves if the version standing is the expected one (0 for none); answers whether it did. */
  save(save: {
    readonly rolloutId: string;
    readonly state: AnalysisState;
    readonly lastWindowAt: number | null;
    readonly expectedVersion: number;
  }): Promise<boolean>;
  remove(rolloutId: string): Promise<void>;
}

/** {@link AnalysisStatesRepository} in MongoDB. The state is kept as JSON text: its keys are the judge's own business. */
export class MongoAnalysisStatesRepository implements AnalysisStatesRepository {
  private readonly states: MongoCollection<{ _id: string; json: string; lastWindowAt: number | null; version: number }>;

  constructor(db: Db) {
    this.states = db.collection(Collection.AnalysisStates);
  }

  async get(rolloutId: string): Promise<StoredAnalysisState | null> {
    const stored = await this.states.findOne({ _id: rolloutId });
    if (stored === null) return null;
    const { json, ...rest } = stored;
    return { ...rest, state: JSON.parse(json) as AnalysisState };
  }

  async save({
    rolloutId,
    state,
    lastWindowAt,
    expectedVersion,
  }: Parameters<AnalysisStatesRepository['save']>[0]): Promise<boolean> {
    const next = { json: JSON.stringify(state), lastWindowAt, version: expectedVersion + 1 };
    if (expectedVersion > 0) {
      const result = await this.states.replaceOne({ _id: rolloutId, version: expectedVersion }, next);
      return result.matchedCount === 1;
    }
    return insertOnce(this.states, { _id: rolloutId, ...next });
  }

  async remove(rolloutId: string): Promise<void> {
    await this.states.deleteOne({ _id: rolloutId });
  }
}
