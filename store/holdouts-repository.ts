import type { Db } from 'mongodb';
import { HoldoutRecord, HoldoutSet, type Holdout, type HoldoutAction } from '../flags/document/holdout';
import { isCovered, type CoverableFlag } from '../flags/evaluator/holdout';
import { Collection } from './collections';
import { EnvironmentDocument, type EnvironmentChainReport, type EnvironmentEdit } from './environment-document';

/** Who writes holdouts, why and when. */
export type HoldoutEdit = EnvironmentEdit;

/**
 * The holdouts of each environment as one document, written by compare-and-swap on its revision, each write with its
 * record.
 */
export interface HoldoutsRepository {
  /** Live and ended ones, oldest first; none at revision 0 where there never was one. */
  get(environment: string): Promise<HoldoutSet>;
  /** Writes them as the next revision if they stand at `expectedRevision`; null on a conflict. */
  put(
    environment: string,
    holdouts: readonly Holdout[],
    expectedRevision: number,
    action: HoldoutAction,
    edit: HoldoutEdit,
  ): Promise<HoldoutSet | null>;
  /** Their records, newest first. */
  records(environment: string, limit?: number): Promise<HoldoutRecord[]>;
  /** Checks their chain: numbers, hashes, and that it ends where they stand. */
  verify(environment: string): Promise<EnvironmentChainReport>;
}

/** {@link HoldoutsRepository} in MongoDB. */
export class MongoHoldoutsRepository implements HoldoutsRepository {
  private readonly sets: EnvironmentDocument<HoldoutSet, HoldoutRecord>;

  constructor(db: Db) {
    this.sets = new EnvironmentDocument(db, {
      collection: Collection.Holdouts,
      decisions: Collection.HoldoutDecisions,
      suffix: 'holdouts',
      idField: 'holdoutsId',
      called: 'the holdouts',
      body: HoldoutSet,
      record: HoldoutRecord,
      shown: ({ holdouts }) => Object.fromEntries(holdouts.map((holdout) => [holdout.key, holdout])),
    });
  }

  async get(environment: string): Promise<HoldoutSet> {
    const standing = await this.sets.get(environment);
    if (standing === null) return { environment, holdouts: [], revision: 0 };
    const { lastChange: _, ...set } = standing;
    return set;
  }

  async put(
    environment: string,
    holdouts: readonly Holdout[],
    expectedRevision: number,
    action: HoldoutAction,
    edit: HoldoutEdit,
  ): Promise<HoldoutSet | null> {
    const written = await this.sets.put({ environment, holdouts: [...holdouts] }, expectedRevision, action, edit);
    if (written === null) return null;
    const { lastChange: _, ...set } = written;
    return set;
  }

  records(environment: string, limit?: number): Promise<HoldoutRecord[]> {
    return this.sets.records(environment, limit);
  }

  verify(environment: string): Promise<EnvironmentChainReport> {
    return this.sets.verify(environment);
  }
}

/** The live holdouts of an environment, oldest first. */
export function liveHoldouts({ holdouts }: Pick<HoldoutSet, 'holdouts'>): Holdout[] {
  return holdouts.filter(({ endedAt }) => endedAt === undefined);
}

/** Keys of the live holdouts that cover a flag, oldest first. */
export function coveringHoldouts(set: Pick<HoldoutSet, 'holdouts'>, flag: CoverableFlag): string[] {
  return liveHoldouts(set).flatMap((holdout) => (isCovered(holdout, flag) ? [holdout.key] : []));
}
