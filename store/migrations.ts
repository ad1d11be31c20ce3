import type { Db } from 'mongodb';
import { FLAG_SCHEMA_VERSION } from '../flags/document/flag';
import { Collection } from './collections';
import { adoptionRecord, type StoredSegment } from './segment-chain';

/** A change of stored documents that runs once for a database, in order. Each is idempotent: it may run again after a crash. */
export interface Migration {
  readonly id: string;
  readonly run: (db: Db) => Promise<void>;
}

/** All migrations so far, oldest first; entries are never edited or removed once released. */
export const MIGRATIONS: readonly Migration[] = [
  {
    id: '0001-flag-schema-version',
    async run(db) {
      const unversioned = { schemaVersion: { $exists: false } };
      await db.collection(Collection.Flags).updateMany(unversioned, { $set: { schemaVersion: FLAG_SCHEMA_VERSION } });
    },
  },
  {
    id: '0002-segment-records',
    async run(db) {
      const segments = db.collection<StoredSegment>(Collection.Segments);
      const at = new Date().toISOString();
      for await (const segment of segments.find({ lastChange: { $exists: false } })) {
        const unrecorded = { _id: segment._id, revision: segment.revision, lastChange: { $exists: false } };
        await segments.updateOne(unrecorded, { $set: { lastChange: adoptionRecord(segment, at) } });
      }
    },
  },
];
