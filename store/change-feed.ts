import type { ChangeStream, Db } from 'mongodb';
import { Collection } from './collections';
import { parseDocumentId } from '../flags/document/identifiers';

/** How long until a stream that broke off is opened again. */
const REOPEN_MS = 2_000;

/** A change feed that goes on until it is closed. */
export interface ChangeFeed {
  close(): Promise<void>;
}

/**
 * Tells of every write of flags, segments and leases as soon as the database does, by its change streams. It is a hint to look at once, never the
 * only way: a database without change streams, or a stream that breaks off, costs only the time until the next regular read.
 *
 * @param changed with the environment written to; null when it is not known, or when something may have been missed
 */
export function followChanges(db: Db, changed: (environment: string | null) => void): ChangeFeed {
  const feeds = [Collection.Flags, Collection.Segments].map((name) => followCollection(db, name, changed));
  return { close: async () => void (await Promise.all(feeds.map((feed) => feed.close()))) };
}

function followCollection(db: Db, collection: string, changed: (environment: string | null) => void): ChangeFeed {
  let stream: ChangeStream | null = null;
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;

  const open = (): void => {
    if (isClosed) return;
    const opened = db.collection(collection).watch([], { maxAwaitTimeMS: 1_000 });
    stream = opened;
    opened.on('change', (change) => {
      const id: unknown = 'documentKey' in change ? change.documentKey._id : undefined;
      changed(typeof id === 'string' ? parseDocumentId(id).environment : null);
    });
    opened.once('error', () => reopen(opened));
    opened.once('end', () => reopen(opened));
  };
  const reopen = (broken: ChangeStream): void => {
    if (stream !== broken || isClosed) return;
    stream = null;
    broken.close().catch(() => undefined);
    changed(null);
    timer = setTimeout(open, REOPEN_MS);
    timer.unref();
  };

  open();
  return {
    async close() {
      isClosed = true;
      clearTimeout(timer);
      await stream?.close().catch(() => undefined);
    },
  };
}
