import { z } from 'zod';
import { messageOf } from '../core/errors';
import { connectDatabase } from '../store/database';
import { ensureSchema } from '../store/schema';
import { MongoTokensRepository } from '../store/tokens-repository';
import { createFirstToken } from './bootstrap';
const variables = z.object({
  HEADGATE_MONGODB_URL: z.string().min(1),
  HEADGATE_MONGODB_DATABASE: z.string().min(1).default('headgate'),
  /** Who or what will hold the token; decision records name it so. */
  HEADGATE_FIRST_TOKEN_NAME: z.string().min(1).max(100).default('first-admin'),
});

/**
 * Prepares the database and writes one line of JSON to standard output: `{"token": TEXT}` with a new admin token, or
 * null in its place when the installation has one already.
 */
async function main(): Promise<void> {
  const config = variables.parse(process.env);
  const database = await connectDatabase({ url: config.HEADGATE_MONGODB_URL, name: config.HEADGATE_MONGODB_DATABASE });
  try {
    await ensureSchema(database.db);
    const tokens = new MongoTokensRepository(database.db);
    const token = await createFirstToken(tokens, Date.now(), config.HEADGATE_FIRST_TOKEN_NAME);
    process.stdout.write(`${JSON.stringify({ token })}\n`);
  } finally {
    await database.close();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 1;
});
