import type { Collection as MongoCollection, Db, Document } from 'mongodb';
import { canonicalJson } from '../core/canonical-json';
import { MAX_RECORD_BYTES, type FieldChange } from '../flags/document/decision-record';
import { documentId } from '../flags/document/identifiers';
import { linkProblems, recordHash, type ChainLink } from './chain-link';
import { changesBetween, vouchedChanges } from './field-changes';
import { plainCopy } from './plain-copy';
import type { SegmentEdit } from './segment-chain';
import { insertOnce, swapDocument } from './swap-document';
import { notAsTold, ToldFields } from './told-fields';
import type { z } from 'zod';

/** Who writes such a document, why and when. */
export type EnvironmentEdit = SegmentEdit;

/** What a verification of a chain went over and what it found. */
export interface EnvironmentChainReport {
  readonly records: number;
  readonly problems: readonly { readonly revision: number; readonly problem: string }[];
}

/** What an environment has one of, as it is told apart from others of its kind. */
export interface EnvironmentDocumentKind<T, R> {
  readonly collection: string;
  readonly decisions: string;
  /** The document's id is `environment/suffix`; records name it in `idField`. */
  readonly suffix: string;
  readonly idField: string;
  /** What people call it, for reports. */
  readonly called: string;
  readonly body: z.ZodType<T>;
  readonly record: z.ZodType<R>;
  /** The fields that records show of it. */
  readonly shown: (body: T) => object;
}

/** The document as it is stored: with its last record, so that whoever comes next can write one that its writer did not. */
type Stored = Document & { readonly _id: string; readonly revision: number; readonly lastChange: ChainLink };
type StoredRecord = Document & ChainLink & { readonly _id: string };

/**
 * One document of each environment, written by compare-and-swap on its revision, each write with its record in a hash
 * chain of the document's own. As with flags, the document carries its last record, so that no crash loses one.
 */
export class EnvironmentDocument<
  T extends { readonly environment: string; readonly revision: number },
  R extends ChainLink,
> {
  private readonly documents: MongoCollection<Stored>;
  private readonly decisions: MongoCollection<StoredRecord>;

  constructor(
    db: Db,
    private readonly kind: EnvironmentDocumentKind<T, R>,
  ) {
    this.documents = db.collection<Stored>(kind.collection);
    this.decisions = db.collection<StoredRecord>(kind.decisions);
  }

  /** The document with its last record; null where it was never written. */
  async get(environment: string): Promise<(T & { readonly lastChange: R }) | null> {
    const stored = await this.documents.findOne({ _id: this.idOf(environment) });
    return stored === null ? null : this.parse(stored);
  }

  /** Writes it as the next revision if it stands at `expectedRevision` (0 for never written); null on a conflict. */
  async put(
    body: Omit<T, 'revision'> & { readonly environment: string },
    expectedRevision: number,
    action: string,
    edit: EnvironmentEdit,
  ): Promise<(T & { readonly lastChange: R }) | null> {
    const _id = this.idOf(body.environment);
    const before = await this.documents.findOne({ _id });
    if ((before?.revision ?? 0) !== expectedRevision) return null;
    const record = this.chain(before, body, action, edit);
    const next: Stored = plainCopy({ ...body, _id, revision: record.revision, lastChange: record });
    // The predecessor's record first: once the document no longer carries it, nobody could write it any more.
    if (before !== null) await insertOnce(this.decisions, before.lastChange as StoredRecord);
    if (!(await swapDocument(this.documents, before, next))) return null;
    // The document carries the record, so the swap stands with or without this insert.
    await insertOnce(this.decisions, record).catch(() => undefined);
    return this.parse(next);
  }

  /** Its records, newest first. */
  async records(environment: string, limit = 100): Promise<R[]> {
    const id = this.idOf(environment);
    const records: ChainLink[] = await this.decisions
      .find({ [this.kind.idField]: id })
      .sort({ revision: -1 })
      .limit(limit)
      .toArray();
    const last = (await this.documents.findOne({ _id: id }))?.lastChange;
    const isMissing = last !== undefined && records[0]?.revision !== last.revision;
    return (isMissing ? [last, ...records] : records).slice(0, limit).map((record) => this.kind.record.parse(record));
  }

  /** Checks its chain: numbers, hashes, and that it ends where the document stands. */
  async verify(environment: string): Promise<EnvironmentChainReport> {
    const { called, idField, record: schema } = this.kind;
    const id = this.idOf(environment);
    const stored = await this.documents.findOne({ _id: id });
    const upTo = stored?.revision ?? Number.MAX_SAFE_INTEGER;
    const chain: ChainLink[] = await this.decisions
      .find({ [idField]: id, revision: { $lte: upTo } })
      .sort({ revision: 1 })
      .toArray();
    const problems: { revision: number; problem: string }[] = [];
    if (stored === null) {
      if (chain.length > 0) problems.push({ revision: 0, problem: `${called} is not there, though it has records` });
    } else {
      const { revision, lastChange } = stored;
      const inserted = chain.at(-1);
      if (lastChange.revision !== revision) {
        problems.push({ revision, problem: `${called} carries the record of revision ${lastChange.revision}` });
      }
      if (inserted?.revision !== revision) chain.push(lastChange);
      else if (inserted.hash !== lastChange.hash) {
        problems.push({ revision, problem: `the last record differs from the one on ${called}` });
      }
    }
    for (const [index, record] of chain.entries()) {
      const found = linkProblems(chain[index - 1] ?? null, record, schema);
      problems.push(...found.map((problem) => ({ revision: record.revision, problem })));
    }
    if (stored !== null) {
      const differences = this.differences(stored, chain);
      if (differences.length > 0) problems.push({ revision: stored.revision, problem: notAsTold(called, differences) });
    }
    return { records: chain.length, problems };
  }

  private idOf(environment: string): string {
    return documentId(environment, this.kind.suffix);
  }

  private parse({ _id, lastChange, ...body }: Stored): T & { readonly lastChange: R } {
    return { ...this.kind.body.parse(body), lastChange: this.kind.record.parse(lastChange) };
  }

  /** Fields in which the document is not what its records say; a malformed one is not what any record says. */
  private differences({ _id, lastChange: _, ...rest }: Stored, chain: readonly ChainLink[]): string[] {
    const body = this.kind.body.safeParse(rest);
    if (!body.success) return body.error.issues.map(({ path }) => path.join('.'));
    const told = new ToldFields();
    for (const record of chain) told.add((record as StoredRecord)['changes']);
    return told.differencesFrom(this.kind.shown(body.data));
  }

  private chain(
    before: Stored | null,
    after: Omit<T, 'revision'> & { readonly environment: string },
    action: string,
    { actor, reason, at }: EnvironmentEdit,
  ): StoredRecord {
    const id = this.idOf(after.environment);
    const revision = (before?.revision ?? 0) + 1;
    const shown = (body: unknown): object => this.kind.shown(body as T);
    const changes = changesBetween(before === null ? null : shown(this.parse(before)), shown(after));
    const build = (told: readonly FieldChange[]): StoredRecord => {
      const record = plainCopy({
        _id: `${id}:${revision}`,
        [this.kind.idField]: id,
        revision,
        at,
        actor,
        action,
        reason: reason.slice(0, 1000),
        changes: told,
        previousHash: before?.lastChange.hash ?? '',
        hash: '',
      });
      return { ...record, hash: recordHash(record) };
    };
    const record = build(changes);
    return Buffer.byteLength(canonicalJson(record)) <= MAX_RECORD_BYTES ? record : build(vouchedChanges(changes));
  }
}
