import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectDatabase } from '../../store/database';
import { DatabaseClock } from '../../store/database-clock';
import { createDependencies } from '../../workers/dependencies';
import { createRolloutWorker } from '../../workers/rollout-worker';
import { cachedWorkflowBundle } from '../../workers/workflow-bundle';
import type { ServerConfig } from '../../server/config';

/** What of its environment a worker's activities read. */
export type WorkerSettings = Parameters<typeof createDependencies>[3];

let isQuiet = false;

/**
 * A real worker on a server's database and a task queue of its own; the answer stops it.
 *
 * @param change - of the worker's configuration
 */
export async function givenWorker(
  config: ServerConfig,
  taskQueue: string,
  change: Partial<WorkerSettings> = {},
): Promise<() => Promise<void>> {
  if (!isQuiet) Runtime.install({ logger: new DefaultLogger('ERROR', () => undefined) });
  isQuiet = true;
  const address = config.temporalAddress;
  const database = await connectDatabase({ url: config.mongodbUrl, name: config.mongodbDatabase });
  const clock = await new DatabaseClock(database.db).start();
  const connection = await NativeConnection.connect({ address });
  const client = new Client({ connection: await Connection.connect({ address }) });
  const worker = await createRolloutWorker({
    connection,
    namespace: config.temporalNamespace,
    taskQueue,
    workflowBundle: await cachedWorkflowBundle(join(tmpdir(), 'headgate-test-bundles'), { debug: () => undefined }),
    dependencies: createDependencies(database, clock, client, {
      HEADGATE_SIGNING_KEY: config.signingKey,
      HEADGATE_WEBHOOKS: [],
      ...change,
    }),
    maxCachedWorkflows: 100,
  });
  const running = worker.run();
  return async () => {
    worker.shutdown();
    await running;
    clock.stop();
    await client.connection.close();
    await connection.close();
    await database.close();
  };
}
