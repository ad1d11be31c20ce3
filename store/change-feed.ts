import { setTimeout as sleep } from 'node:timers/promises';
import type { ChangeStream, Db } from 'mongodb';
import { Collection } from './collections';
import { parseDocumentId } from '../flags/document/identifiers';

/** How long until a stream that broke off is opened again. */
const REOPEN_MS = 2_000;
/** How long the database may wait for a change before it answers that there is none. */
const AWAIT_MS = 1_000;
/** The least time between two answers without changes: a database that does not wait for them would be asked without end. */
const EMPTY_MS = 50;

/** A change feed that goes on until it is closed. */
export interface ChangeFeed {
  close(): Promise<void>;
}

/**
 * Tells of every write of flags, segments, kill switches and holdouts as soon as the database does, by its change
 * streams. It is a hint to look at once, never the only way: a database without change streams, or a stream that breaks
 * off, costs only the time until the next regular read.
 *
 * @param changed with the environment written to; null when it is not known, or when something may have been missed
 */
export function followChanges(db: Db, changed: (environment: string | null) => void): ChangeFeed {
  const feeds = [Collection.Flags, Collection.Segments, Collection.KillSwitches, Collection.Holdouts].map((name) =>
    followCollection(db, name, changed),
  );
  return { close: async () => void (await Promise.all(feeds.map((feed) => feed.close()))) };
}

function followCollection(db: Db, collection: string, changed: (environment: string | null) => void): ChangeFeed {
  const stop = new AbortController();
  let stream: ChangeStream | null = null;
  const pause = (ms: number): Promise<void> =>
    sleep(ms, undefined, { signal: stop.signal, ref: false }).catch(() => undefined);

  const follow = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      stream = db.collection(collection).watch([], { maxAwaitTimeMS: AWAIT_MS });
      await readAll(stream).catch(() => undefined);
      await stream.close().catch(() => undefined);
      if (stop.signal.aborted) return;
      changed(null);
      await pause(REOPEN_MS);
    }
  };
  const readAll = async (opened: ChangeStream): Promise<void> => {
    while (!stop.signal.aborted) {
      const askedMs = performance.now();
      const change = await opened.tryNext();
      if (change === null) {
        const waitedMs = performance.now() - askedMs;
        if (waitedMs < EMPTY_MS) await pause(EMPTY_MS - waitedMs);
        continue;
      }
      const id: unknown = 'documentKey' in change ? change.documentKey._id : undefined;
      changed(typeof id === 'string' ? parseDocumentId(id).environment : null);
    }
  };

  const following = follow();
  return {
    async close() {
      stop.abort();
      await stream?.close().catch(() => undefined);
      await following;
    },
  };
}
