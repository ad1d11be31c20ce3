import type { Collection as MongoCollection, Db } from 'mongodb';
import { documentId } from '../flags/document/identifiers';
import { Segment } from '../flags/document/segment';
import { SegmentRecord, type SegmentAction } from '../flags/document/segment-record';
import { linkProblems } from './chain-link';
import { Collection } from './collections';
import { insertOnce, swapDocument } from './swap-document';
import { plainCopy } from './plain-copy';
import { chainSegmentRecord, type SegmentEdit, type StoredSegment } from './segment-chain';
import { notAsTold, ToldFields } from './told-fields';

/** What a verification of segments' chains went over and what it found. */
export interface SegmentChainReport {
  readonly segments: number;
  readonly records: number;
  readonly problems: readonly { readonly segmentId: string; readonly revision: number; readonly problem: string }[];
}

/** Segments by environment and key, written by compare-and-swap on the revision, each write with its record. */
export interface SegmentsRepository {
  get(environment: string, key: string): Promise<Segment | null>;
  /** By key. */
  list(environment: string): Promise<Segment[]>;
  /** Writes the segment as the next revision if the one standing has `expectedRevision` (0 for none); null on a conflict. */
  put(segment: Omit<Segment, 'revision'>, expectedRevision: number, edit: SegmentEdit): Promise<Segment | null>;
  /** Removes it if it still has that revision; answers whether it did. A tombstone stays, with the record of the removal. */
  remove(environment: string, key: string, expectedRevision: number, edit: SegmentEdit): Promise<boolean>;
  /** Records of a segment, newest first, of a removed one too. */
  records(environment: string, key: string, limit?: number): Promise<SegmentRecord[]>;
  /** Checks every chain of an environment's segments: numbers, hashes, and that it ends where the segment stands. */
  verify(environment: string): Promise<SegmentChainReport>;
}

/** {@link SegmentsRepository} in MongoDB. As with flags, the segment carries its last record, so that no crash loses one. */
export class MongoSegmentsRepository implements SegmentsRepository {
  private readonly segments: MongoCollection<StoredSegment>;
  private readonly decisions: MongoCollection<SegmentRecord>;

  constructor(db: Db) {
    this.segments = db.collection<StoredSegment>(Collection.Segments);
    this.decisions = db.collection<SegmentRecord>(Collection.SegmentDecisions);
  }

  async get(environment: string, key: string): Promise<Segment | null> {
    const stored = await this.segments.findOne({ _id: documentId(environment, key) });
    return stored === null || stored.deleted === true ? null : parse(stored);
  }

  async list(environment: string): Promise<Segment[]> {
    const stored = await this.segments.find({ environment }).toArray();
    return stored
      .filter(({ deleted }) => deleted !== true)
      .map(parse)
      .sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  async put(segment: Omit<Segment, 'revision'>, expectedRevision: number, edit: SegmentEdit): Promise<Segment | null> {
    const before = await this.segments.findOne({ _id: documentId(segment.environment, segment.key) });
    const seen = before === null || before.deleted === true ? 0 : before.revision;
    if (seen !== expectedRevision) return null;
    const written = await this.swap(before, segment, seen === 0 ? 'segment.create' : 'segment.edit', edit);
    return written === null ? null : parse(written);
  }

  async remove(environment: string, key: string, expectedRevision: number, edit: SegmentEdit): Promise<boolean> {
    const before = await this.segments.findOne({ _id: documentId(environment, key) });
    if (before === null || before.deleted === true || before.revision !== expectedRevision) return false;
    const { revision: _r, lastChange: _l, _id: _i, ...body } = before;
    return (await this.swap(before, { ...body, deleted: true }, 'segment.delete', edit)) !== null;
  }

  async records(environment: string, key: string, limit = 100): Promise<SegmentRecord[]> {
    const segmentId = documentId(environment, key);
    const records = await this.decisions.find({ segmentId }).sort({ revision: -1 }).limit(limit).toArray();
    const last = (await this.segments.findOne({ _id: segmentId }))?.lastChange;
    const isMissing = last !== undefined && records[0]?.revision !== last.revision;
    return (isMissing ? [last, ...records] : records).slice(0, limit);
  }

  async verify(environment: string): Promise<SegmentChainReport> {
    const problems: { segmentId: string; revision: number; problem: string }[] = [];
    let records = 0;
    const stored = await this.segments.find({ environment }).toArray();
    const known = new Set(stored.map(({ _id }) => _id));
    for (const segment of stored) {
      const found = await this.verifyChain(segment);
      records += found.records;
      problems.push(...found.problems.map((each) => ({ segmentId: segment._id, ...each })));
    }
    // Chains whose segment was removed behind our back.
    for (const segmentId of await this.decisions.distinct('segmentId')) {
      if (known.has(segmentId) || !segmentId.startsWith(`${environment}/`)) continue;
      problems.push({ segmentId, revision: 0, problem: 'the segment is not there, though it has records' });
    }
    return { segments: stored.length, records, problems };
  }

  /** One swap with its record; null when somebody else wrote in between. */
  private async swap(
    before: StoredSegment | null,
    after: Omit<Segment, 'revision'> & { readonly deleted?: boolean },
    action: SegmentAction,
    edit: SegmentEdit,
  ): Promise<StoredSegment | null> {
    const record = chainSegmentRecord(before, after, action, edit);
    const next: StoredSegment = plainCopy({
      ...after,
      _id: record.segmentId,
      revision: record.revision,
      lastChange: record,
    });
    // The predecessor's record first: once the segment no longer carries it, nobody could write it any more.
    if (before?.lastChange !== undefined) await insertOnce(this.decisions, before.lastChange);
    if (!(await swapDocument(this.segments, before, next))) return null;
    // The segment carries the record, so the swap stands with or without this insert.
    await insertOnce(this.decisions, record).catch(() => undefined);
    return next;
  }

  private async verifyChain(segment: StoredSegment): Promise<{
    readonly records: number;
    readonly problems: readonly { readonly revision: number; readonly problem: string }[];
  }> {
    const { _id: segmentId, revision, lastChange } = segment;
    if (lastChange?.revision !== revision) {
      const carried = lastChange === undefined ? 'no record' : `the record of revision ${lastChange.revision}`;
      return { records: 0, problems: [{ revision, problem: `the segment carries ${carried}` }] };
    }
    const chain = await this.decisions
      .find({ segmentId, revision: { $lte: revision } })
      .sort({ revision: 1 })
      .toArray();
    const inserted = chain.at(-1);
    const differs = inserted?.revision === revision && inserted.hash !== lastChange.hash;
    const problems = differs ? [{ revision, problem: 'the last record differs from the one on the segment' }] : [];
    if (inserted?.revision !== revision) chain.push(lastChange);
    const told = new ToldFields();
    for (const [index, record] of chain.entries()) {
      told.add(record.changes);
      const previous = chain[index - 1] ?? null;
      const begins = previous === null && record.action === 'segment.adopt';
      const expected = begins ? { revision: record.revision - 1, previousHash: '', hash: '' } : previous;
      const found = linkProblems(expected, record, SegmentRecord);
      problems.push(...found.map((problem) => ({ revision: record.revision, problem })));
    }
    const differences = told.differencesFrom(segment);
    if (differences.length > 0) problems.push({ revision, problem: notAsTold('the segment', differences) });
    return { records: chain.length, problems };
  }
}

function parse({ _id, deleted: _d, lastChange: _l, ...segment }: StoredSegment): Segment {
  return Segment.parse(segment);
}
