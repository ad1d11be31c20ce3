import type { MongoClient } from 'mongodb';

/**
 * How many writes the database has taken, by its own operation counters. A statement that writes many documents at once
 * counts once, and the stand-in counts as a real server does.
 *
 * @throws {Error} when the database does not tell
 */
export async function countWrites(client: MongoClient): Promise<number> {
  const { opcounters } = (await client.db('admin').command({ serverStatus: 1 })) as {
    opcounters?: Record<'insert' | 'update' | 'delete', number>;
  };
  if (opcounters === undefined) throw new Error('the database does not count its operations');
  return Number(opcounters.insert) + Number(opcounters.update) + Number(opcounters.delete);
}
