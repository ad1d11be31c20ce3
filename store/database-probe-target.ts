import { setTimeout as sleep } from 'node:timers/promises';
import { MongoServerError, type Db, type MongoClient } from 'mongodb';

/** The few operations the probe races; a port, so that a database that loses updates can be played in tests. */
export interface ProbeTarget {
  insert(id: string, revision: number): Promise<void>;
  readRevision(id: string): Promise<number>;
  /** Replaces the document only where it still has revision `from`; whether it did. */
  swap(id: string, from: number, to: number): Promise<boolean>;
  /** Puts a unique index on a field that only `claim` writes. */
  makeUnique(): Promise<void>;
  /** Inserts a document with that value in the unique field; false when the value is taken. */
  claim(value: string): Promise<boolean>;
  hasReplicaSet(): Promise<boolean>;
  hasChangeStreams(): Promise<boolean>;
  hasTransactions(): Promise<boolean>;
  /** Removes everything the probe has written. */
  cleanUp(): Promise<void>;
}

interface ProbeDocument {
  _id: string;
  revision?: number;
  claimed?: string;
}

const DUPLICATE_KEY = 11000;
/** How long a change may take to arrive before change streams count as absent. */
const CHANGE_TIMEOUT_MS = 1500;

/** The probe's operations on a real database, in one collection that `cleanUp` drops. */
export function mongoProbeTarget(client: MongoClient, db: Db, collectionName: string): ProbeTarget {
  const collection = db.collection<ProbeDocument>(collectionName);
  let claims = 0;
  return {
    async insert(id, revision) {
      await collection.insertOne({ _id: id, revision });
    },
    async readRevision(id) {
      return (await collection.findOne({ _id: id }))?.revision ?? 0;
    },
    async swap(id, from, to) {
      return (await collection.replaceOne({ _id: id, revision: from }, { revision: to })).matchedCount === 1;
    },
    async makeUnique() {
      // Partial, or documents without the field would all have the same value: none.
      await collection.createIndex({ claimed: 1 }, { unique: true, sparse: true });
    },
    async claim(value) {
      claims += 1;
      try {
        await collection.insertOne({ _id: `claim-${claims}`, claimed: value });
        return true;
      } catch (error) {
        if (error instanceof MongoServerError && error.code === DUPLICATE_KEY) return false;
        throw error;
      }
    },
    async hasReplicaSet() {
      const admin = db.admin();
      // Old servers and stand-ins know the command by its former name only.
      const hello = await admin
        .command({ hello: 1 })
        .catch(() => admin.command({ isMaster: 1 }))
        .catch(() => ({}));
      return 'setName' in hello || ('msg' in hello && hello['msg'] === 'isdbgrid');
    },
    async hasChangeStreams() {
      const stream = collection.watch([], { maxAwaitTimeMS: CHANGE_TIMEOUT_MS });
      const change = stream.next().then(
        () => true,
        () => false,
      );
      try {
        // The stream begins at some instant after the call; changes go on until one is seen.
        for (let waited = 0; waited < CHANGE_TIMEOUT_MS; waited += 50) {
          await collection.updateOne({ _id: 'watched' }, { $set: { revision: waited } }, { upsert: true });
          const seen = await Promise.race([change, sleep(50)]);
          if (typeof seen === 'boolean') return seen;
        }
        return false;
      } finally {
        await stream.close().catch(() => undefined);
      }
    },
    async hasTransactions() {
      const session = client.startSession();
      try {
        session.startTransaction();
        await collection.insertOne({ _id: 'undone' }, { session });
        await session.abortTransaction();
        // A server that ignores transactions has kept what was taken back.
        return (await collection.findOne({ _id: 'undone' })) === null;
      } catch {
        return false;
      } finally {
        await session.endSession().catch(() => undefined);
      }
    },
    async cleanUp() {
      await collection.drop().catch(() => undefined);
    },
  };
}
