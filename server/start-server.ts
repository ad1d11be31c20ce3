import { pino, type Logger } from 'pino';
import { setTimeout as sleep } from 'node:timers/promises';
import { ErrorCode, HeadgateError, messageOf } from '../core/errors';
import { startMetricsListener, type Exposition, type MetricsListener } from '../metrics/exposition/metrics-listener';
import { buildServer } from './build-server';
import type { ServerConfig } from './config';
import { createEventSink } from './events/create-event-sink';
import { exposition } from './metrics/exposition';
import { ServerMetrics } from './metrics/server-metrics';
import { openContext, type OpenContext } from './open-context';
import { probeMongoUrl } from '../store/database-probe';

/** A server that listens. */
export interface RunningServer {
  /** Where it listens, such as `http://127.0.0.1:7070`. */
  readonly url: string;
  readonly logger: Logger;
  /** Stops accepting, lets requests under way end, flushes events, then closes everything. Safe to call twice. */
  close(): Promise<void>;
}

/** A database that starts together with the server is waited for this long. */
const DATABASE_PATIENCE_MS = 60_000;
const DATABASE_RETRY_MS = 1_000;
const DATABASE_PROBE_MS = 2_000;

/** JSON lines without what must not be kept: tokens in headers, and targeting keys, which no line carries to begin with. */
export function createLogger(level: ServerConfig['logLevel']): Logger {
  return pino({
    level,
    base: { process: 'server' },
    redact: { paths: ['req.headers', 'headers', '*.authorization', 'targetingKey', '*.targetingKey'], remove: true },
  });
}

/**
 * Starts the server process: races the database once, opens it, builds the routes, listens. Temporal is not needed for it.
 *
 * @throws {HeadgateError} DATABASE_UNAVAILABLE after a minute without one, DATABASE_UNSAFE when it loses updates, PORT_IN_USE
 */
export async function startServer(
  config: ServerConfig,
  logger = createLogger(config.logLevel),
): Promise<RunningServer> {
  const metrics = new ServerMetrics().collectProcess();
  const opened = await openPatiently(config, logger, metrics);
  const app = buildServer(opened.context, logger, metrics);
  try {
    const url = await app.listen({ host: config.host, port: config.port });
    const scraped = await listenForScrapes(config, exposition(opened.context, metrics), logger);
    let closing: Promise<void> | null = null;
    return {
      url,
      logger,
      close: () =>
        (closing ??= app
          .close()
          .then(() => scraped?.close())
          .then(() => opened.close())),
    };
  } catch (error) {
    await app.close();
    await opened.close();
    throw asPortError(error, config);
  }
}

/** A port of its own for Prometheus, if one is wished for. */
async function listenForScrapes(
  { metrics }: ServerConfig,
  read: Exposition,
  logger: Logger,
): Promise<MetricsListener | null> {
  if (metrics === undefined) return null;
  try {
    const listener = await startMetricsListener(read, metrics);
    logger.info({ url: `${listener.url}/metrics` }, 'metrics can be scraped');
    return listener;
  } catch (error) {
    throw asPortError(error, metrics, 'HEADGATE_METRICS_PORT');
  }
}

async function openPatiently(config: ServerConfig, logger: Logger, metrics: ServerMetrics): Promise<OpenContext> {
  const onError = (error: unknown): void => {
    metrics.foldFailures.inc();
    logger.error({ err: error }, 'events could not be folded; it is tried again');
  };
  const startedAt = performance.now();
  for (;;) {
    try {
      await probeMongoUrl(config.mongodbUrl, config.mongodbDatabase, DATABASE_PROBE_MS);
      return await openContext(config, (parts) => createEventSink(parts, onError));
    } catch (error) {
      const isWorthWaiting = error instanceof HeadgateError && error.code === ErrorCode.DatabaseUnavailable;
      if (!isWorthWaiting || performance.now() - startedAt > DATABASE_PATIENCE_MS) throw error;
      logger.warn({ code: error.code }, 'the database does not answer yet; trying again');
      await sleep(DATABASE_RETRY_MS);
    }
  }
}

function asPortError(
  error: unknown,
  { host, port }: { readonly host: string; readonly port: number },
  variable = 'HEADGATE_HTTP_PORT',
): unknown {
  const isInUse = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
  if (!isInUse) return error;
  return new HeadgateError(ErrorCode.PortInUse, `${host}:${port} is taken: ${messageOf(error)}`, {
    cause: error,
    remedy: `Stop what listens there, or set ${variable}.`,
  });
}
