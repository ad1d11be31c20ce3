import type { Db } from 'mongodb';
import { FLAG_SCHEMA_VERSION } from '../flags/document/flag';
import { Collection } from './collections';

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
];
