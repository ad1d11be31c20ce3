import type { Collection as MongoCollection, Db, Filter } from 'mongodb';
import { MongoNetworkError, MongoNetworkTimeoutError } from 'mongodb';
import type { DecisionRecord } from '../flags/document/decision-record';
import { Flag, FLAG_SCHEMA_VERSION } from '../flags/document/flag';
import type { FlagBody } from '../flags/transition/plan-transition';
import { Collection } from './collections';
import { isDuplicateKey } from './database';
import { chainRecord, type DecisionDraft } from './decision-chain';

export type { DecisionDraft } from './decision-chain';

/** One compare-and-swap of a flag with the record that explains it. */
export interface FlagWrite {
  /** The flag as it was read, tombstones included; null when there was none. */
  readonly before: Flag | null;
  readonly after: FlagBody;
  readonly draft: DecisionDraft;
}

/** Flags by `environment/key`. Every write is a compare-and-swap on the revision, and carries its decision record. */
export interface FlagsRepository {
  /** The flag as it stands, tombstones included; null when there never was one. */
  get(flagId: string): Promise<Flag | null>;
  /** Flags of an environment by key; tombstones only when asked for. */
  list(environment: string, options?: { readonly tombstones?: boolean }): Promise<Flag[]>;
  /** Id and revision of every flag of an environment, tombstones included: what a poll compares. */
  revisions(environment: string): Promise<{ _id: string; revision: number }[]>;
  /** Names of the environments that hold flags. */
  environments(): Promise<string[]>;
  /** Flags of all environments that carry a rollout. */
  withRollout(): Promise<Flag[]>;
  /**
   * Writes `after` if the flag still is `before`.
   *
   * @returns the flag written, or null when somebody else wrote in between
   * @throws {HeadgateError} RECORD_TOO_LARGE when the edit's record passes 16 kB
   */
  swap(write: FlagWrite): Promise<Flag | null>;
  /** Writes the flag's last record if its writer died before doing so; answers whether one was missing. */
  repairAudit(flagId: string): Promise<boolean>;
  /** Does so for all flags, or an environment's; answers how many records were missing. */
  sweepAudit(environment?: string): Promise<number>;
}

type StoredFlag = Flag & { _id: string };

/** {@link FlagsRepository} in MongoDB, with single-document atomicity alone. */
export class MongoFlagsRepository implements FlagsRepository {
  private readonly flags: MongoCollection<StoredFlag>;
  private readonly decisions: MongoCollection<DecisionRecord>;

  constructor(
    db: Db,
    /** Database time, for records whose draft names none. */
    private readonly nowMs: () => number = Date.now,
  ) {
    this.flags = db.collection<StoredFlag>(Collection.Flags);
    this.decisions = db.collection<DecisionRecord>(Collection.Decisions);
  }

  async get(flagId: string): Promise<Flag | null> {
    const document = await this.flags.findOne({ _id: flagId });
    return document === null ? null : Flag.parse(document);
  }

  async list(environment: string, { tombstones = false } = {}): Promise<Flag[]> {
    const documents = await this.flags.find({ environment }).toArray();
    const flags = documents.map((document) => Flag.parse(document)).filter(({ deleted }) => tombstones || !deleted);
    return flags.sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  async revisions(environment: string): Promise<{ _id: string; revision: number }[]> {
    return this.flags.find({ environment }).project<{ _id: string; revision: number }>({ revision: 1 }).toArray();
  }

  async environments(): Promise<string[]> {
    return (await this.flags.distinct('environment')).sort();
  }

  async withRollout(): Promise<Flag[]> {
    const documents = await this.flags.find({ rollout: { $exists: true } } as Filter<StoredFlag>).toArray();
    return documents.map((document) => Flag.parse(document));
  }

  async swap({ before, after, draft }: FlagWrite): Promise<Flag | null> {
    const record = chainRecord(before, after, draft, new Date(this.nowMs()).toISOString());
    const body = JSON.parse(JSON.stringify(after)) as FlagBody;
    const next = { ...body, schemaVersion: FLAG_SCHEMA_VERSION, revision: record.revision, lastChange: record };
    // The predecessor's record first: once the flag no longer carries it, nobody could write it any more.
    if (before !== null) await this.insertRecord(before.lastChange);
    const written = await this.write(before, next);
    if (written) await this.insertRecord(record);
    return written ? next : null;
  }

  async repairAudit(flagId: string): Promise<boolean> {
    const flag = await this.flags.findOne({ _id: flagId });
    return flag !== null && (await this.insertRecord(flag.lastChange));
  }

  async sweepAudit(environment?: string): Promise<number> {
    let repaired = 0;
    const filter = environment === undefined ? {} : { environment };
    for await (const { lastChange } of this.flags.find(filter).project<Pick<Flag, 'lastChange'>>({ lastChange: 1 })) {
      const known = await this.decisions.findOne({ _id: lastChange._id }, { projection: { _id: 1 } });
      if (known === null && (await this.insertRecord(lastChange))) repaired += 1;
    }
    return repaired;
  }

  /** One swap. When the connection broke meanwhile, the flag itself tells whether it landed. */
  private async write(before: Flag | null, next: Flag): Promise<boolean> {
    try {
      if (before === null) {
        await this.flags.insertOne(next);
        return true;
      }
      const result = await this.flags.replaceOne({ _id: next._id, revision: before.revision }, next);
      return result.matchedCount === 1;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      if (error instanceof MongoNetworkError || error instanceof MongoNetworkTimeoutError) {
        const standing = await this.flags.findOne({ _id: next._id });
        if (standing?.lastChange.hash === next.lastChange.hash) return true;
      }
      throw error;
    }
  }

  /** True when the record was not there yet. */
  private async insertRecord(record: DecisionRecord): Promise<boolean> {
    try {
      await this.decisions.insertOne(record);
      return true;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  }
}
