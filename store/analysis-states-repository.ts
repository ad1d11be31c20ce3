import type { Collection as MongoCollection, Db } from 'mongodb';
import type { AnalysisState } from '../analysis/types';
import { RecentMap } from '../core/recent-map';
import { Collection } from './collections';
import { insertOnce } from './swap-document';

/** What the judge remembers of a rollout, as it is stored. */
export interface StoredAnalysisState {
  readonly _id: string;
  readonly state: AnalysisState;
  readonly lastWindowAt: number | null;
  readonly version: number;
  /** The state's text. */
  readonly json: string;
  /**
   * Whether it is what this process saved last and was not read from the database now: a save then tells whether it
   * still stands.
   */
  readonly isRemembered: boolean;
}

/** States of the judge between looks, one per live rollout. */
export interface AnalysisStatesRepository {
  /** What stands, or what this process has saved last: handed out once, so that of two copies of a look one reads. */
  get(rolloutId: string): Promise<StoredAnalysisState | null>;
  /** Saves if `before` still stands (null for nothing), and writes only what differs from it; answers whether it stood. */
  save(save: {
    readonly rolloutId: string;
    readonly state: AnalysisState;
    readonly lastWindowAt: number | null;
    readonly before: StoredAnalysisState | null;
  }): Promise<boolean>;
  remove(rolloutId: string): Promise<void>;
}

/** Characters of states that a process remembers; beyond them the oldest are read again. */
const REMEMBERED_CHARACTERS = 64 * 1024 * 1024;

interface StateDocument {
  readonly _id: string;
  readonly json: string;
  readonly lastWindowAt: number | null;
  readonly version: number;
}

/** {@link AnalysisStatesRepository} in MongoDB. The state is kept as JSON text: its keys are the judge's own business. */
export class MongoAnalysisStatesRepository implements AnalysisStatesRepository {
  private readonly states: MongoCollection<StateDocument>;
  /**
   * What this process has saved last of each rollout. A swap or a look at the version tells whether it still stands, so
   * no look is judged on less.
   */
  private readonly remembered = new RecentMap<StateDocument>(REMEMBERED_CHARACTERS, ({ json }) => json.length);

  constructor(db: Db) {
    this.states = db.collection(Collection.AnalysisStates);
  }

  async get(rolloutId: string): Promise<StoredAnalysisState | null> {
    const remembered = this.remembered.take(rolloutId);
    const standing = remembered ?? (await this.states.findOne({ _id: rolloutId }));
    if (standing === null) return null;
    return { ...standing, state: JSON.parse(standing.json) as AnalysisState, isRemembered: remembered !== undefined };
  }

  async save({
    rolloutId: _id,
    state,
    lastWindowAt,
    before,
  }: Parameters<AnalysisStatesRepository['save']>[0]): Promise<boolean> {
    const json = JSON.stringify(state);
    const isSame = json === before?.json;
    const version = isSame ? before.version : (before?.version ?? 0) + 1;
    const next = { json, lastWindowAt, version };
    const stands = isSame ? await this.stillStands(before) : await this.swap(_id, next);
    if (stands) this.remembered.put(_id, { _id, ...next });
    return stands;
  }

  async remove(rolloutId: string): Promise<void> {
    this.remembered.take(rolloutId);
    await this.states.deleteOne({ _id: rolloutId });
  }

  private async stillStands({ _id, version, isRemembered }: StoredAnalysisState): Promise<boolean> {
    return !isRemembered || (await this.states.findOne({ _id, version }, { projection: { _id: 1 } })) !== null;
  }

  private async swap(_id: string, next: Omit<StateDocument, '_id'>): Promise<boolean> {
    if (next.version === 1) return insertOnce(this.states, { _id, ...next });
    const result = await this.states.replaceOne({ _id, version: next.version - 1 }, next);
    return result.matchedCount === 1;
  }
}
