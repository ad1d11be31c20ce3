import type { Db } from 'mongodb';
import type { VectorBaseline } from '../ml/anomaly/vector-baseline';
import type { BaselineProfile } from '../ml/baseline/profile';
import { Collection } from './collections';
import {
  MemoryLearnedRepository,
  MongoLearnedRepository,
  type Learned,
  type LearnedRepository,
} from './learned-repository';

/** What is usual for one metric of one flag and segment. Its id is {@link baselineId}. */
export interface StoredBaseline extends Learned {
  readonly metric: string;
  readonly profile: BaselineProfile;
}

/** How all metrics of one flag and segment move together. Its id is {@link vectorBaselineId}. */
export interface StoredVectorBaseline extends Learned {
  readonly vector: Pick<VectorBaseline, 'metrics' | 'model'>;
  /** What it is refined from; left out of lists. */
  readonly rows?: VectorBaseline['rows'];
}

/** Baseline profiles, one for each flag, metric and segment. */
export type BaselinesRepository = LearnedRepository<StoredBaseline>;

/** Vector baselines, one for each flag and segment. */
export type VectorBaselinesRepository = LearnedRepository<StoredVectorBaseline>;

/** Id of a baseline. Segments and metrics have no slash in their names; a flag's key may not either. */
export function baselineId(environment: string, flagKey: string, metric: string, segment: string): string {
  return [environment, flagKey, metric, segment].join('/');
}

/** Id of a vector baseline. */
export function vectorBaselineId(environment: string, flagKey: string, segment: string): string {
  return [environment, flagKey, segment].join('/');
}

/** {@link BaselinesRepository} in MongoDB. */
export class MongoBaselinesRepository extends MongoLearnedRepository<StoredBaseline> {
  constructor(db: Db) {
    super(db, Collection.Baselines);
  }
}

/** {@link VectorBaselinesRepository} in MongoDB. */
export class MongoVectorBaselinesRepository extends MongoLearnedRepository<StoredVectorBaseline> {
  constructor(db: Db) {
    super(db, Collection.VectorBaselines, ['rows']);
  }
}

/** {@link BaselinesRepository} in memory. */
export class MemoryBaselinesRepository extends MemoryLearnedRepository<StoredBaseline> {}

/** {@link VectorBaselinesRepository} in memory. */
export class MemoryVectorBaselinesRepository extends MemoryLearnedRepository<StoredVectorBaseline> {}
