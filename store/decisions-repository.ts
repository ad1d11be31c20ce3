import type { Collection as MongoCollection, Db } from 'mongodb';
import { DecisionRecord } from '../flags/document/decision-record';
import type { Flag } from '../flags/document/flag';
import { linkProblems } from './chain-link';
import { Collection } from './collections';
import { notAsTold, ToldFields } from './told-fields';

/** A place where a chain does not hold. */
export interface ChainProblem {
  readonly flagId: string;
  readonly revision: number;
  readonly problem: string;
}

/** What a verification went over and what it found. */
export interface ChainReport {
  readonly flags: number;
  readonly records: number;
  readonly problems: readonly ChainProblem[];
}

/** The append-only decision records, hash-chained per flag. The last record of a flag may still stand on the flag alone. */
export interface DecisionsRepository {
  /** Records of a flag, newest first. */
  byFlag(
    flagId: string,
    options?: { readonly limit?: number; readonly beforeRevision?: number },
  ): Promise<DecisionRecord[]>;
  /** Records of a rollout, oldest first. */
  byRollout(rolloutId: string): Promise<DecisionRecord[]>;
  /** Records of a flag with a higher revision, oldest first. */
  since(flagId: string, revision: number): Promise<DecisionRecord[]>;
  /** Whether a record of the flag says that it made this scheduled change; its last record may stand on the flag alone. */
  hasScheduledChange(flagId: string, id: string): Promise<boolean>;
  /** The highest transition of a rollout ever written to the flag that was read, or null. */
  highestTransition(flag: Flag, rolloutId: string): Promise<{ transition: number } | null>;
  /** Checks one flag's chain: numbers, hashes, and that it ends where the flag stands. */
  verify(flagId: string): Promise<ChainReport>;
  /** Checks every chain of an environment. */
  verifyEnvironment(environment: string): Promise<ChainReport>;
}

/** {@link DecisionsRepository} in MongoDB. */
export class MongoDecisionsRepository implements DecisionsRepository {
  private readonly decisions: MongoCollection<DecisionRecord>;
  private readonly flags: MongoCollection<Flag & { _id: string }>;

  constructor(db: Db) {
    this.decisions = db.collection<DecisionRecord>(Collection.Decisions);
    this.flags = db.collection<Flag & { _id: string }>(Collection.Flags);
  }

  async hasScheduledChange(flagId: string, id: string): Promise<boolean> {
    return (await this.decisions.findOne({ flagId, scheduledChange: id }, { projection: { _id: 1 } })) !== null;
  }

  async byFlag(
    flagId: string,
    { limit = 100, beforeRevision = Number.MAX_SAFE_INTEGER } = {},
  ): Promise<DecisionRecord[]> {
    const filter = { flagId, revision: { $lt: beforeRevision } };
    const records = await this.decisions.find(filter).sort({ revision: -1 }).limit(limit).toArray();
    const last = await this.lastOf(flagId);
    const missing = last !== null && last.revision < beforeRevision && records[0]?.revision !== last.revision;
    return (missing ? [last, ...records] : records).slice(0, limit);
  }

  async byRollout(rolloutId: string): Promise<DecisionRecord[]> {
    const records = await this.decisions.find({ rolloutId }).sort({ revision: 1 }).toArray();
    // The newest may stand on its flag alone; which flag, the rollout's own records or its block say.
    const flag = await this.flags.findOne({
      $or: [{ 'rollout.id': rolloutId }, { _id: { $in: [...new Set(records.map(({ flagId }) => flagId))] } }],
    });
    const last = flag?.lastChange;
    if (last?.rolloutId === rolloutId && records.at(-1)?._id !== last._id) records.push(last);
    return records;
  }

  async since(flagId: string, revision: number): Promise<DecisionRecord[]> {
    const records = await this.decisions
      .find({ flagId, revision: { $gt: revision } })
      .sort({ revision: 1 })
      .toArray();
    const last = await this.lastOf(flagId);
    if (last !== null && last.revision > (records.at(-1)?.revision ?? revision)) records.push(last);
    return records;
  }

  async highestTransition(flag: Flag, rolloutId: string): Promise<{ transition: number } | null> {
    if (flag.rollout?.id === rolloutId) return { transition: flag.rollout.transition };
    // Every record below the flag's revision is in the collection, because a writer inserts its predecessor's before it swaps.
    const newest = await this.decisions.find({ rolloutId, flagId: flag._id }).sort({ transition: -1 }).limit(1).next();
    const onFlag = flag.lastChange.rolloutId === rolloutId ? flag.lastChange.transition : undefined;
    const transition = Math.max(newest?.transition ?? -1, onFlag ?? -1);
    return transition < 0 ? null : { transition };
  }

  async verify(flagId: string): Promise<ChainReport> {
    const flag = await this.flags.findOne({ _id: flagId });
    return this.verifyChain(flagId, flag);
  }

  async verifyEnvironment(environment: string): Promise<ChainReport> {
    let total: ChainReport = { flags: 0, records: 0, problems: [] };
    const known = new Set<string>();
    for await (const flag of this.flags.find({ environment })) {
      known.add(flag._id);
      total = sum(total, await this.verifyChain(flag._id, flag));
    }
    // Chains whose flag was removed behind our back.
    for (const flagId of await this.decisions.distinct('flagId')) {
      if (known.has(flagId) || !flagId.startsWith(`${environment}/`)) continue;
      total = sum(total, await this.verifyChain(flagId, null));
    }
    return total;
  }

  private async verifyChain(flagId: string, flag: Flag | null): Promise<ChainReport> {
    const problems: ChainProblem[] = [];
    const complain = (revision: number, problem: string): void => void problems.push({ flagId, revision, problem });
    let previous: DecisionRecord | null = null;
    let records = 0;
    const told = new ToldFields();
    // Records past the flag as it was read belong to writes that came meanwhile.
    const upTo = flag?.revision ?? Number.MAX_SAFE_INTEGER;
    for await (const stored of this.decisions.find({ flagId, revision: { $lte: upTo } }).sort({ revision: 1 })) {
      checkLink(previous, stored, complain);
      told.add(stored.changes);
      previous = stored;
      records += 1;
    }
    if (flag === null) {
      complain(previous?.revision ?? 0, 'the flag is not there, though it has records');
    } else if (flag.lastChange.revision !== flag.revision) {
      complain(flag.revision, `the flag carries the record of revision ${flag.lastChange.revision}`);
    } else if (previous?.revision === flag.revision) {
      if (previous.hash !== flag.lastChange.hash)
        complain(flag.revision, 'the last record differs from the one on the flag');
    } else {
      // Its writer died before inserting it: the flag itself carries the end of the chain.
      checkLink(previous, flag.lastChange, complain);
      told.add(flag.lastChange.changes);
      records += 1;
    }
    if (flag !== null) {
      const differences = told.differencesFrom(flag);
      if (differences.length > 0) complain(flag.revision, notAsTold('the flag', differences));
    }
    return { flags: 1, records, problems };
  }

  private async lastOf(flagId: string): Promise<DecisionRecord | null> {
    const flag = await this.flags.findOne({ _id: flagId }, { projection: { lastChange: 1 } });
    return flag?.lastChange ?? null;
  }
}

function checkLink(
  previous: DecisionRecord | null,
  record: DecisionRecord,
  complain: (revision: number, problem: string) => void,
): void {
  for (const problem of linkProblems(previous, record, DecisionRecord)) complain(record.revision, problem);
  if (previous?.rolloutId !== undefined && previous.rolloutId === record.rolloutId) {
    const isOrdered = (record.transition ?? 0) > (previous.transition ?? 0);
    if (!isOrdered) complain(record.revision, `transition ${record.transition} follows ${previous.transition}`);
  }
}

function sum(a: ChainReport, b: ChainReport): ChainReport {
  return { flags: a.flags + b.flags, records: a.records + b.records, problems: [...a.problems, ...b.problems] };
}
