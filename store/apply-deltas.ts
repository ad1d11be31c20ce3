import { MongoBulkWriteError, type AnyBulkWriteOperation, type Collection as MongoCollection } from 'mongodb';
import { mergeDeltas, type Deltas, type WindowDelta } from '../metrics/deltas';
import type { PendingGroup } from './ingest-groups-repository';
import { isDuplicateKey } from './database';
import type { ReadGroup } from './fold';
import { windowFacts, type WindowDocument } from './window-document';

/** Windows written by one command. */
const WINDOWS_PER_WRITE = 200;

/**
 * Adds a group's deltas to its windows. Each window is written atomically and remembers the number of the writer's last
 * group, so that repeating, overlapping and stopping half-way are harmless; a writer's groups must come in order.
 */
export async function applyDeltas(
  windows: MongoCollection<WindowDocument>,
  group: PendingGroup,
  deltas: Deltas,
): Promise<void> {
  const entries = [...deltas];
  for (let from = 0; from < entries.length; from += WINDOWS_PER_WRITE) {
    const chunk = entries.slice(from, from + WINDOWS_PER_WRITE);
    const refused = await write(windows, group, chunk, true);
    // An insert is refused when the window holds this group already, and also when another writer made it a moment before.
    if (refused.length > 0) await write(windows, group, refused, false);
  }
}

/**
 * Adds groups of one writer that follow each other, each window being written once for all of them. A window that holds
 * the first of them already, or was made a moment ago by another writer, gets them one by one, so that nothing is added
 * twice.
 */
export async function applyRun(windows: MongoCollection<WindowDocument>, run: readonly ReadGroup[]): Promise<void> {
  const [first, last] = [run[0]?.group, run.at(-1)?.group];
  if (first === undefined || last === undefined) return;
  const merged: Deltas = new Map();
  for (const { deltas } of run) mergeDeltas(merged, deltas);
  const entries = [...merged];
  for (let from = 0; from < entries.length; from += WINDOWS_PER_WRITE) {
    const refused = await write(windows, last, entries.slice(from, from + WINDOWS_PER_WRITE), true, first.seq);
    const ids = new Set(refused.map(([id]) => id));
    for (const { group, deltas } of ids.size > 0 ? run : []) {
      await applyDeltas(windows, group, new Map([...deltas].filter(([id]) => ids.has(id))));
    }
  }
}

type Entry = readonly [id: string, delta: WindowDelta];

/** Writes what is not counted yet; answers the windows whose insertion was refused. */
async function write(
  windows: MongoCollection<WindowDocument>,
  group: PendingGroup,
  entries: readonly Entry[],
  upsert: boolean,
  /** The window must hold no group of the writer from this one on. */
  fromSeq = group.seq,
): Promise<Entry[]> {
  try {
    await windows.bulkWrite(
      entries.map((entry) => addition(group, entry, upsert, fromSeq)),
      { ordered: false },
    );
    return [];
  } catch (error) {
    if (!(error instanceof MongoBulkWriteError) || !upsert) throw error;
    const failures = [error.writeErrors].flat();
    if (failures.length === 0 || !failures.every(isDuplicateKey)) throw error;
    return failures.map(({ index }) => entries[index]).filter((entry) => entry !== undefined);
  }
}

function addition(
  { writerId, seq }: PendingGroup,
  [_id, { key, amounts }]: Entry,
  upsert: boolean,
  fromSeq: number,
): AnyBulkWriteOperation<WindowDocument> {
  const mark = `folded.${writerId}`;
  const additions = Object.fromEntries(Array.from(amounts, ([path, amount]) => [`totals.${path}`, amount]));
  return {
    updateOne: {
      filter: { _id, [mark]: { $not: { $gte: fromSeq } } },
      update: { $inc: additions, $set: { [mark]: seq }, $setOnInsert: windowFacts(key) },
      upsert,
    },
  };
}
