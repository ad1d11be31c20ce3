import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, makeTelemetryFilterString, NativeConnection, Runtime } from '@temporalio/worker';
import { join } from 'node:path';
import { readFile } from 'node:fs/promises';
import pino from 'pino';
import { HeadgateError, messageOf } from '../core/errors';
import { connectDatabase } from '../store/database';
import { probeMongoUrl } from '../store/database-probe';
import { DatabaseClock } from '../store/database-clock';
import { ensureSchema } from '../store/schema';
import { startMetricsListener, type MetricsListener } from '../metrics/exposition/metrics-listener';
import { readWorkerConfig, type WorkerConfig } from './config';
import { createDependencies } from './dependencies';
import { WorkerMetrics } from './metrics/worker-metrics';
import { ensureReconcilerSchedule } from './reconciler-schedule';
import { createRolloutWorker } from './rollout-worker';
import { trainingDependencies } from './training-dependencies';
import { ensureTrainingSchedule } from './training-schedule';
import { createTrainingWorker } from './training-worker';
import { watchForStalls } from './stall-watch';
import { cachedWorkflowBundle } from './workflow-bundle';

/** Exit status of a worker that stood still: something went wrong for a moment, start it again (`EX_TEMPFAIL`). */
const STOOD_STILL = 75;

/** Waits out an outage of what the worker needs at start, saying so once, instead of dying and being started in a loop. */
async function untilAvailable<T>(what: string, logger: pino.Logger, attempt: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (error instanceof HeadgateError && !error.retryable) throw error;
      if (tries % 30 === 0) logger.warn({ err: error }, `${what} does not answer; waiting for it`);
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }
}

/** A port of its own for Prometheus, if one is wished for; up before anything else answers, so that waiting can be seen too. */
async function listenForScrapes(
  { HEADGATE_METRICS_HOST: host, HEADGATE_METRICS_PORT: port }: WorkerConfig,
  { registry }: WorkerMetrics,
  logger: pino.Logger,
): Promise<MetricsListener | null> {
  if (port === undefined) return null;
  const listener = await startMetricsListener(registry, { host, port });
  logger.info({ url: `${listener.url}/metrics` }, 'metrics can be scraped');
  return listener;
}

async function main(): Promise<void> {
  const config = readWorkerConfig(process.env);
  const logger = pino({ name: 'headgate-worker', level: config.HEADGATE_LOG_LEVEL });
  const { HEADGATE_TEMPORAL_METRICS_ADDRESS: sdkMetrics } = config;
  Runtime.install({
    logger: new DefaultLogger('WARN', ({ level, message, meta }) => {
      const { rolloutId, transition, workflowId, activityType, error } = (meta ?? {}) as Record<string, unknown>;
      logger[level === 'ERROR' ? 'error' : 'warn'](
        { rolloutId, transition, workflowId, activityType, err: error },
        message,
      );
    }),
    telemetryOptions: {
      logging: { filter: makeTelemetryFilterString({ core: 'ERROR' }), forward: {} },
      ...(sdkMetrics === undefined ? {} : { metrics: { prometheus: { bindAddress: sdkMetrics } } }),
    },
  });

  const { HEADGATE_WORKFLOW_BUNDLE: bundleFile, HEADGATE_TEMPORAL_ADDRESS: address } = config;
  const metrics = new WorkerMetrics().collectProcess();
  const scraped = await listenForScrapes(config, metrics, logger);
  const workflowBundle =
    bundleFile === undefined
      ? await cachedWorkflowBundle(join(config.XDG_CACHE_HOME, 'headgate', 'bundles'), logger)
      : { code: await readFile(bundleFile, 'utf8') };
  const database = await untilAvailable('the database', logger, () =>
    connectDatabase({ url: config.HEADGATE_MONGODB_URL, name: config.HEADGATE_MONGODB_DATABASE }),
  );
  // A database that loses concurrent updates would lose rollbacks: it is refused.
  await untilAvailable('the database', logger, () =>
    probeMongoUrl(config.HEADGATE_MONGODB_URL, config.HEADGATE_MONGODB_DATABASE, 2_000),
  );
  await ensureSchema(database.db);
  const clock = await new DatabaseClock(database.db).start();
  const connection = await untilAvailable('Temporal', logger, () => NativeConnection.connect({ address }));
  const client = new Client({
    connection: await Connection.connect({ address }),
    namespace: config.HEADGATE_TEMPORAL_NAMESPACE,
  });
  const worker = await createRolloutWorker({
    connection,
    namespace: config.HEADGATE_TEMPORAL_NAMESPACE,
    workflowBundle,
    dependencies: createDependencies(database, clock, client, config, (fields, message) =>
      logger.info(fields, message),
    ),
    maxCachedWorkflows: config.HEADGATE_MAX_CACHED_ROLLOUTS,
    metrics,
  });
  await untilAvailable('the schedule service', logger, () =>
    ensureReconcilerSchedule(client, config.HEADGATE_RECONCILE_SECONDS),
  );
  const training = await createTrainingWorker({
    connection,
    namespace: config.HEADGATE_TEMPORAL_NAMESPACE,
    workflowBundle,
    dependencies: trainingDependencies(database, clock, config),
  });
  if (config.HEADGATE_TRAIN_HOURS > 0) {
    await untilAvailable('the schedule service', logger, () =>
      ensureTrainingSchedule(client, config.HEADGATE_TRAIN_HOURS),
    );
  }
  // At every level: `headgate up` waits for this line.
  const taskQueues = [worker.options.taskQueue, training.options.taskQueue];
  logger.child({}, { level: 'info' }).info({ taskQueues }, 'the worker is ready');
  const endWatch = watchForStalls((stoodStillMs) => {
    const message = 'this process stood still and ends, so that a fresh one takes rollouts up from their histories';
    logger.error({ stoodStillMs: Math.round(stoodStillMs) }, message);
    process.exit(STOOD_STILL);
  });
  // SIGTERM and SIGINT drain: the SDK stops polling, lets running activities finish, and run() returns.
  await Promise.all([worker.run(), training.run()]);
  await endWatch();
  await scraped?.close();
  clock.stop();
  await client.connection.close();
  await connection.close();
  await database.close();
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    // A mistake of whoever started it is told in one line, which `headgate up` shows; anything else with where it happened.
    const text = error instanceof Error && !(error instanceof HeadgateError) ? error.stack : undefined;
    process.stderr.write(`headgate worker: ${text ?? messageOf(error)}\n`);
    process.exit(1);
  },
);
