import { messageOf } from '../core/errors';
import { readConfig } from './config';
import { startServer } from './start-server';

/** What a drain may take before the process ends anyway; orchestrators kill after thirty seconds. */
const DRAIN_MS = 25_000;

async function main(): Promise<void> {
  const server = await startServer(readConfig(process.env));
  const { logger } = server;
  // At every level: `headgate up` waits for this line.
  logger.child({}, { level: 'info' }).info({ url: server.url }, 'listening');

  const drain = (signal: NodeJS.Signals): void => {
    logger.info({ signal }, 'draining');
    const overdue = setTimeout(() => {
      logger.error('the drain took too long');
      process.exit(1);
    }, DRAIN_MS);
    server.close().then(
      () => {
        clearTimeout(overdue);
        logger.info('drained');
        process.exit(0);
      },
      (error: unknown) => {
        logger.error({ err: error }, 'the drain failed');
        process.exit(1);
      },
    );
  };
  process.once('SIGTERM', drain);
  process.once('SIGINT', drain);
}

main().catch((error: unknown) => {
  process.stderr.write(`headgate server: ${messageOf(error)}\n`);
  process.exitCode = 1;
});
