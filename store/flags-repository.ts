import { setTimeout as delay } from 'node:timers/promises';
import type { Collection as MongoCollection, Db, Filter } from 'mongodb';
import { ErrorCode, HeadgateError, ValidationError, messageOf } from '../core/errors';
import type { DecisionRecord } from '../flags/document/decision-record';
import { Flag, FLAG_SCHEMA_VERSION } from '../flags/document/flag';
import type { FlagBody } from '../flags/transition/plan-transition';
import { Collection } from './collections';
import { isOutage } from './database';
import { chainRecord } from './decision-chain';
import type { DecisionDraft } from './decision-draft';
import { plainCopy } from './plain-copy';
import { insertOnce, swapDocument } from './swap-document';

export type { DecisionDraft } from './decision-draft';

/** A rollout that a flag carries. */
export interface CarriedRollout {
  readonly environment: string;
  readonly flagKey: string;
  readonly rolloutId: string;
}

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
  /**
   * Hash of a flag's last record, which no two contents of a flag share; null when there never was one. A reader of the
   * flag may so know that it stands as it did.
   */
  lastHash(flagId: string): Promise<string | null>;
  /** Flags of an environment by key; tombstones only when asked for. */
  list(environment: string, options?: { readonly tombstones?: boolean }): Promise<Flag[]>;
  /** Those of the flags that there are, tombstones included. */
  many(flagIds: readonly string[]): Promise<Flag[]>;
  /** Flags of an environment that have a prerequisite, tombstones left out: the edges of its dependency graph. */
  withPrerequisites(environment: string): Promise<Flag[]>;
  /** Keys of an environment's flags that any of the services evaluates, tombstones left out. */
  keysOfServices(environment: string, services: readonly string[]): Promise<string[]>;
  /**
   * Id and revision of an environment's flags, tombstones included: what a poll compares. Of all, or of those whose
   * last record is from an instant on; that instant is the writer's, so what a slow writer wrote may be older than it
   * looks.
   */
  revisions(environment: string, changedSinceMs: number | null): Promise<{ _id: string; revision: number }[]>;
  /** Names of the environments that hold flags. */
  environments(): Promise<string[]>;
  /** The rollouts that flags carry, of all environments. */
  carried(): Promise<CarriedRollout[]>;
  /**
   * Writes `after` if the flag still is `before`.
   *
   * @returns the flag written, or null when somebody else wrote in between
   * @throws {HeadgateError} RECORD_TOO_LARGE when the edit's record passes 16 kB; INVALID_FLAG when `after` is not a flag;
   *   DATABASE_UNAVAILABLE (retryable) when the database does not say whether the write landed: read again before deciding
   */
  swap(write: FlagWrite): Promise<Flag | null>;
  /** Writes the flag's last record if its writer died before doing so; answers whether one was missing. */
  repairAudit(flagId: string): Promise<boolean>;
  /** Does so for all flags, or an environment's; answers how many records were missing. */
  sweepAudit(environment?: string): Promise<number>;
}

/** Records that a sweep asks for by one request. */
const SWEPT_TOGETHER = 200;

type StoredFlag = Flag & { _id: string };

/** How often a write is sent whose answer got lost, and the pause between, in milliseconds. */
const WRITE_ATTEMPTS = 3;
const WRITE_PAUSE_MS = 150;

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

  async lastHash(flagId: string): Promise<string | null> {
    const found = await this.flags.findOne({ _id: flagId }, { projection: { 'lastChange.hash': 1 } });
    return found?.lastChange.hash ?? null;
  }

  async list(environment: string, { tombstones = false } = {}): Promise<Flag[]> {
    const documents = await this.flags.find({ environment }).toArray();
    const flags = documents.map((document) => Flag.parse(document)).filter(({ deleted }) => tombstones || !deleted);
    return flags.sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  async many(flagIds: readonly string[]): Promise<Flag[]> {
    const documents = await this.flags.find({ _id: { $in: [...flagIds] } }).toArray();
    return documents.map((document) => Flag.parse(document));
  }

  async withPrerequisites(environment: string): Promise<Flag[]> {
    const filter = { environment, 'prerequisites.0': { $exists: true } } as Filter<StoredFlag>;
    const documents = await this.flags.find(filter).toArray();
    return documents.map((document) => Flag.parse(document)).filter(({ deleted }) => deleted !== true);
  }

  async keysOfServices(environment: string, services: readonly string[]): Promise<string[]> {
    const filter = { environment, services: { $in: [...services] }, deleted: { $ne: true } } as Filter<StoredFlag>;
    const found = await this.flags.find(filter).project<{ key: string }>({ key: 1 }).toArray();
    return found.map(({ key }) => key).sort();
  }

  async revisions(environment: string, changedSinceMs: number | null): Promise<{ _id: string; revision: number }[]> {
    // ISO 8601 in UTC sorts as time does.
    const since = changedSinceMs === null ? {} : { 'lastChange.at': { $gte: new Date(changedSinceMs).toISOString() } };
    const filter = { environment, ...since } as Filter<StoredFlag>;
    return this.flags.find(filter).project<{ _id: string; revision: number }>({ revision: 1 }).toArray();
  }

  async environments(): Promise<string[]> {
    return (await this.flags.distinct('environment')).sort();
  }

  async carried(): Promise<CarriedRollout[]> {
    const carrying = this.flags
      .find({ rollout: { $exists: true } } as Filter<StoredFlag>)
      .project<{ environment: string; key: string; rollout: { id: string } }>({
        environment: 1,
        key: 1,
        'rollout.id': 1,
      });
    return (await carrying.toArray()).map(({ environment, key, rollout }) => ({
      environment,
      flagKey: key,
      rolloutId: rollout.id,
    }));
  }

  async swap({ before, after, draft }: FlagWrite): Promise<Flag | null> {
    const record = chainRecord(before, after, draft, new Date(this.nowMs()).toISOString());
    const kept = { schemaVersion: FLAG_SCHEMA_VERSION, revision: record.revision, lastChange: record };
    const next = { ...plainCopy(after), ...kept };
    refuseUnreadable(next);
    // The predecessor's record first: once the flag no longer carries it, nobody could write it any more.
    if (before !== null) await this.insertRecord(before.lastChange);
    if (!(await this.write(before, next))) return null;
    // The flag carries the record, so whoever comes next can write it: the swap stands, with or without this insert.
    await this.insertRecord(record).catch(() => false);
    return next;
  }

  async repairAudit(flagId: string): Promise<boolean> {
    const flag = await this.flags.findOne({ _id: flagId });
    return flag !== null && (await this.insertRecord(flag.lastChange));
  }

  async sweepAudit(environment?: string): Promise<number> {
    let repaired = 0;
    const filter = environment === undefined ? {} : { environment };
    let page: DecisionRecord[] = [];
    for await (const { lastChange } of this.flags.find(filter).project<Pick<Flag, 'lastChange'>>({ lastChange: 1 })) {
      page.push(lastChange);
      if (page.length < SWEPT_TOGETHER) continue;
      repaired += await this.insertMissing(page);
      page = [];
    }
    return repaired + (await this.insertMissing(page));
  }

  /** Inserts those of the records that are not there; answers how many. */
  private async insertMissing(records: readonly DecisionRecord[]): Promise<number> {
    const ids = records.map(({ _id }) => _id);
    const stored = await this.decisions.find({ _id: { $in: ids } }, { projection: { _id: 1 } }).toArray();
    const known = new Set(stored.map(({ _id }) => _id));
    let inserted = 0;
    for (const record of records) {
      if (!known.has(record._id) && (await this.insertRecord(record))) inserted += 1;
    }
    return inserted;
  }

  /**
   * One swap. When an answer was lost, the same swap is sent again: it can land only once, and once it finds another
   * revision no copy still under way can land any more, so the flag and its records then tell for good whose revision
   * stands.
   */
  private async write(before: Flag | null, next: Flag): Promise<boolean> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        if (await swapDocument(this.flags, before, next)) return true;
        return attempt > 1 && (await this.hasLanded(next.lastChange));
      } catch (error) {
        if (!isOutage(error)) throw error;
        if (attempt === WRITE_ATTEMPTS) throw unavailable(next._id, error);
        await delay(WRITE_PAUSE_MS);
      }
    }
  }

  /** True when the record was not there yet. */
  private insertRecord(record: DecisionRecord): Promise<boolean> {
    return insertOnce(this.decisions, record);
  }

  /** Whether a record is the flag's last, or already has a successor. */
  private async hasLanded({ _id, flagId, hash }: DecisionRecord): Promise<boolean> {
    const flag = await this.flags.findOne({ _id: flagId }, { projection: { lastChange: 1 } });
    if (flag?.lastChange.hash === hash) return true;
    return (await this.decisions.findOne({ _id }))?.hash === hash;
  }
}

/** What could not be read back must not be written: it would take the flag from every reader. */
function refuseUnreadable(next: Flag): void {
  const { error } = Flag.safeParse(next);
  if (error === undefined) return;
  const issues = error.issues.map(({ path, message }) => ({ field: path.join('.'), message }));
  throw new ValidationError(ErrorCode.InvalidFlag, `flag '${next._id}'`, issues);
}

function unavailable(flagId: string, cause: unknown): HeadgateError {
  return new HeadgateError(
    ErrorCode.DatabaseUnavailable,
    `the database did not say whether '${flagId}' was written: ${messageOf(cause)}`,
    { cause, retryable: true, remedy: 'Read the flag again: its last change tells.' },
  );
}
