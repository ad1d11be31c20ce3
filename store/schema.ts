import type { Db } from 'mongodb';
import { Collection } from './collections';
import { isDuplicateKey } from './database';
import { INDEXES } from './indexes';
import { MIGRATIONS } from './migrations';

/** How long another process may take over a migration before its claim counts as abandoned, in milliseconds. */
const CLAIM_MS = 60_000;

/**
 * Makes indexes and runs migrations that have not run. Safe when several processes start at once: indexes are
 * idempotent, and a migration is claimed by an insert; a claim whose process died is taken over after a minute, since
 * every migration is idempotent too.
 */
export async function ensureSchema(db: Db, nowMs: () => number = Date.now): Promise<void> {
  for (const { collection, keys, options } of INDEXES) await db.collection(collection).createIndex(keys, options ?? {});
  const done = db.collection<{ _id: string; claimedAt: number; doneAt?: number }>(Collection.Migrations);
  for (const { id, run } of MIGRATIONS) {
    if (!(await claim(id))) continue;
    await run(db);
    await done.updateOne({ _id: id }, { $set: { doneAt: nowMs() } });
  }

  /** True when this process has to run it; false once another has. Waits for a claim that is alive. */
  async function claim(id: string): Promise<boolean> {
    for (;;) {
      try {
        await done.insertOne({ _id: id, claimedAt: nowMs() });
        return true;
      } catch (error) {
        if (!isDuplicateKey(error)) throw error;
      }
      const standing = await done.findOne({ _id: id });
      if (standing?.doneAt !== undefined) return false;
      const stale = { _id: id, doneAt: { $exists: false }, claimedAt: { $lt: nowMs() - CLAIM_MS } };
      const taken = await done.updateOne(stale, { $set: { claimedAt: nowMs() } });
      if (taken.modifiedCount === 1) return true;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
}
