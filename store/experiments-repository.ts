import type { Collection as MongoCollection, Db } from 'mongodb';
import type { ExperimentStatus } from '../workflows/experiment/status';
import { Collection } from './collections';
import { isDuplicateKey } from './database';

/** An experiment as lists show it: of a live one the workflow is the truth, of an ended one this is. */
export interface ExperimentProjection extends Omit<ExperimentStatus, 'experimentId'> {
  readonly _id: string;
  readonly identity: string;
  /** Grows with every save. */
  readonly version: number;
  /** ISO 8601 of the last save. */
  readonly updatedAt: string;
  /** The whole of the last look's analysis, as JSON text: its keys are names of people's own. Absent before the first look. */
  readonly analysis?: string;
  /** When that look was made, in milliseconds by the database's clock. */
  readonly analysedAtMs?: number;
}

/** What a workflow saves of its experiment. */
export type SavedExperiment = Omit<ExperimentProjection, 'updatedAt' | 'analysis' | 'analysedAtMs'>;

const MAX_LISTED = 1000;

/** Projections of experiments in MongoDB. */
export class ExperimentsRepository {
  private readonly experiments: MongoCollection<ExperimentProjection>;

  constructor(
    db: Db,
    private readonly nowMs: () => number = Date.now,
  ) {
    this.experiments = db.collection(Collection.Experiments);
  }

  /** Saves unless a higher version stands; answers whether it did. */
  async save({ _id, ...rest }: SavedExperiment): Promise<boolean> {
    const set = { ...rest, updatedAt: new Date(this.nowMs()).toISOString() };
    try {
      const filter = { _id, version: { $lt: rest.version } };
      const result = await this.experiments.updateOne(filter, { $set: set }, { upsert: true });
      return result.matchedCount + result.upsertedCount > 0;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  }

  /** Keeps an analysis beside the projection, once there is one; an older one changes nothing. */
  async saveAnalysis(experimentId: string, analysis: unknown, atMs: number): Promise<void> {
    const older = { $or: [{ analysedAtMs: { $exists: false } }, { analysedAtMs: { $lt: atMs } }] };
    const set = { analysis: JSON.stringify(analysis), analysedAtMs: atMs };
    await this.experiments.updateOne({ _id: experimentId, ...older }, { $set: set });
  }

  /** By experiment id. */
  async get(experimentId: string): Promise<ExperimentProjection | null> {
    return this.experiments.findOne({ _id: experimentId });
  }

  /** Of an environment, newest first, without their analyses; of one flag when it is given. */
  async list(
    environment: string,
    { flag, limit = 50 }: { readonly flag?: string | undefined; readonly limit?: number } = {},
  ): Promise<ExperimentProjection[]> {
    const filter = { environment, ...(flag === undefined ? {} : { flag }) };
    const without = { projection: { analysis: 0 as const } };
    return this.experiments.find(filter, without).sort({ startedAt: -1 }).limit(Math.min(limit, MAX_LISTED)).toArray();
  }

  /** Starts of one identity in an environment, newest first. */
  async byIdentity(environment: string, identity: string): Promise<ExperimentProjection[]> {
    return this.experiments.find({ environment, identity }).sort({ startedAt: -1 }).limit(20).toArray();
  }

  /** Of all environments, those started before an instant (ISO 8601) that have not ended as far as the projection knows. */
  async liveStartedBefore(startedBefore: string): Promise<ExperimentProjection[]> {
    return this.experiments.find({ outcome: null, startedAt: { $lt: startedBefore } }).toArray();
  }
}
