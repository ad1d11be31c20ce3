import { MongoBulkWriteError, type AnyBulkWriteOperation, type Collection as MongoCollection } from 'mongodb';
import type { Deltas, WindowDelta } from '../metrics/deltas';
import type { PendingGroup } from './ingest-groups-repository';
import { isDuplicateKey } from './database';
import { windowFacts, type WindowDocument } from './window-document';

/** Windows written by one command. */
const WINDOWS_PER_WRITE = 200;

/**
 * Adds a group's deltas to its windows. Each window is written atomically and remembers the number of the writer's last group, so
 * that repeating, overlapping and stopping half-way are harmless; a writer's groups must come in order.
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

type Entry = readonly [id: string, delta: WindowDelta];

/** Writes what is not counted yet; answers the windows whose insertion was refused. */
async function write(
  windows: MongoCollection<WindowDocument>,
  group: PendingGroup,
  entries: readonly Entry[],
  upsert: boolean,
): Promise<Entry[]> {
  try {
    await windows.bulkWrite(
      entries.map((entry) => addition(group, entry, upsert)),
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
): AnyBulkWriteOperation<WindowDocument> {
  const mark = `folded.${writerId}`;
  const additions = Object.fromEntries(Array.from(amounts, ([path, amount]) => [`totals.${path}`, amount]));
  return {
    updateOne: {
      filter: { _id, [mark]: { $not: { $gte: seq } } },
      update: { $inc: additions, $set: { [mark]: seq }, $setOnInsert: windowFacts(key) },
      upsert,
    },
  };
}
