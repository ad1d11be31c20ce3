import { randomUUID } from 'node:crypto';
import { connectDatabase, type Database } from '../../store/database';
import { DatabaseClock } from '../../store/database-clock';
import { ensureSchema } from '../../store/schema';

/** A database of its own on the server under test, with indexes, and the clock on it. */
export async function givenDatabase(): Promise<Database & { clock: DatabaseClock; name: string }> {
  const name = `test_${randomUUID().slice(0, 12)}`;
  const database = await connectDatabase({ url: databaseUrl(), name });
  await ensureSchema(database.db);
  const clock = new DatabaseClock(database.db);
  await clock.sync();
  return {
    ...database,
    clock,
    name,
    async close() {
      await database.db.dropDatabase().catch(() => undefined);
      await database.close();
    },
  };
}

/** Address of the database server that the run's global set-up has started. */
export function databaseUrl(): string {
  const url = process.env['HEADGATE_MONGODB_URL'];
  if (!url) throw new Error('HEADGATE_MONGODB_URL is not set: run through Jest, whose global set-up starts the stack');
  return url;
}
