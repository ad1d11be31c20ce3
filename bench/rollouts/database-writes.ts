import type { Db, MongoClient } from 'mongodb';

/** How many documents were written so far, in all and by collection where that can be told. */
export interface WriteCount {
  readonly all: number;
  readonly byCollection: ReadonlyMap<string, number>;
}

/** Reads the database's own count of writes: a server's operation counters, or the length of the stand-in's oplog. */
export async function countWrites(client: MongoClient, database: string): Promise<WriteCount> {
  const counters = await operationCounters(client.db('admin'));
  if (counters !== null) return { all: counters, byCollection: new Map() };
  const oplog = client.db('local').collection('oplog.rs');
  const collections = await client.db(database).listCollections({}, { nameOnly: true }).toArray();
  const byCollection = new Map<string, number>();
  for (const { name } of collections) {
    byCollection.set(name, await oplog.countDocuments({ ns: `${database}.${name}` }));
  }
  return { all: [...byCollection.values()].reduce((sum, count) => sum + count, 0), byCollection };
}

async function operationCounters(admin: Db): Promise<number | null> {
  const status = (await admin.command({ serverStatus: 1 }).catch(() => null)) as {
    opcounters?: Record<'insert' | 'update' | 'delete', number>;
  } | null;
  const counters = status?.opcounters;
  return counters === undefined ? null : Number(counters.insert) + Number(counters.update) + Number(counters.delete);
}

/** Writes a second between two counts, the busiest collections first. */
export function writeRates(before: WriteCount, after: WriteCount, spanS: number): { all: number; parts: string } {
  const rates = [...after.byCollection]
    .map(([name, count]) => ({ name, rate: (count - (before.byCollection.get(name) ?? 0)) / spanS }))
    .filter(({ rate }) => rate >= 0.05)
    .sort((a, b) => b.rate - a.rate);
  const parts = rates.map(({ name, rate }) => `${name} ${rate.toFixed(1)}`).join(', ');
  return { all: (after.all - before.all) / spanS, parts };
}
