import type { Collection as MongoCollection, Db } from 'mongodb';
import { documentId } from '../flags/document/identifiers';
import { Segment } from '../flags/document/segment';
import { Collection } from './collections';
import { isDuplicateKey } from './database';

/** Segments by environment and key, written by compare-and-swap on the revision. */
export interface SegmentsRepository {
  get(environment: string, key: string): Promise<Segment | null>;
  /** By key. */
  list(environment: string): Promise<Segment[]>;
  /** Writes the segment as the next revision if the one standing has `expectedRevision` (0 for none); null on a conflict. */
  put(segment: Omit<Segment, 'revision'>, expectedRevision: number): Promise<Segment | null>;
  /** Removes it if it still has that revision; answers whether it did. */
  remove(environment: string, key: string, expectedRevision: number): Promise<boolean>;
}

/** Removed segments stay as tombstones, so that revisions never begin again. */
type StoredSegment = Segment & { _id: string; deleted?: boolean };

/** {@link SegmentsRepository} in MongoDB. */
export class MongoSegmentsRepository implements SegmentsRepository {
  private readonly segments: MongoCollection<StoredSegment>;

  constructor(db: Db) {
    this.segments = db.collection<StoredSegment>(Collection.Segments);
  }

  async get(environment: string, key: string): Promise<Segment | null> {
    const stored = await this.segments.findOne({ _id: documentId(environment, key) });
    return stored === null || stored.deleted ? null : parse(stored);
  }

  async list(environment: string): Promise<Segment[]> {
    const stored = await this.segments.find({ environment }).toArray();
    return stored
      .filter(({ deleted }) => !deleted)
      .map(parse)
      .sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  async put(segment: Omit<Segment, 'revision'>, expectedRevision: number): Promise<Segment | null> {
    const _id = documentId(segment.environment, segment.key);
    const standing = await this.segments.findOne({ _id });
    const seen = standing === null || standing.deleted ? 0 : standing.revision;
    if (seen !== expectedRevision) return null;
    const next = { ...segment, revision: (standing?.revision ?? 0) + 1 };
    const body = JSON.parse(JSON.stringify(next)) as Segment;
    if (standing !== null) {
      const result = await this.segments.replaceOne({ _id, revision: standing.revision }, body);
      return result.matchedCount === 1 ? next : null;
    }
    try {
      await this.segments.insertOne({ _id, ...body });
      return next;
    } catch (error) {
      if (isDuplicateKey(error)) return null;
      throw error;
    }
  }

  async remove(environment: string, key: string, expectedRevision: number): Promise<boolean> {
    const filter = { _id: documentId(environment, key), revision: expectedRevision, deleted: { $ne: true } };
    const result = await this.segments.updateOne(filter, { $set: { deleted: true }, $inc: { revision: 1 } });
    return result.modifiedCount === 1;
  }
}

function parse({ _id, deleted: _, ...segment }: StoredSegment): Segment {
  return Segment.parse(segment);
}
