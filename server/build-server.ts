import fastify, { LogController, type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import { ErrorCode, HeadgateError } from '../core/errors';
import type { ServerContext } from './context';
import { authenticate, knownCaller } from './http/authenticate';
import { httpServerFactory } from './http/create-http-server';
import { docsPage } from './http/docs-page';
import { openApiDocument } from './http/openapi';
import { sendProblem } from './http/problem';
import { RouteTable } from './http/route';
import { CompiledEnvironments } from './ofrep/compiled-environments';
import { OfrepHandler } from './ofrep/ofrep-handler';
import { countEvents } from './metrics/count-events';
import { exposition } from './metrics/exposition';
import { ServerMetrics } from './metrics/server-metrics';
import { addAuditRoutes } from './routes/audit-routes';
import { addEnvironmentRoutes } from './routes/environment-routes';
import { addFlagRoutes } from './routes/flag-routes';
import { addStaleFlagRoutes } from './routes/stale-flag-routes';
import { addExperimentRoutes } from './routes/experiment-routes';
import { addGroupRoutes } from './routes/group-routes';
import { addHealthRoutes } from './routes/health-routes';
import { addHoldoutRoutes } from './routes/holdout-routes';
import { addKillSwitchRoutes } from './routes/kill-switch-routes';
import { addLabelRoutes } from './routes/label-routes';
import { addMessageRoutes } from './routes/message-routes';
import { addMetricsRoutes } from './routes/metrics-routes';
import { addModelRoutes } from './routes/model-routes';
import { addTrainingRoutes } from './routes/training-routes';
import { addTrainingRowRoutes } from './routes/training-row-routes';
import { addObservationRoutes } from './routes/observation-routes';
import { addRolloutRoutes } from './routes/rollout-routes';
import { addSdkRoutes } from './routes/sdk-routes';
import { addScheduledChangeRoutes } from './routes/scheduled-change-routes';
import { addSegmentRoutes } from './routes/segment-routes';
import { addTokenRoutes } from './routes/token-routes';
import { TokenCache } from './tokens/token-cache';
import { ChangeStreams } from './streams/change-streams';

/** Bodies are small but for a few routes that say so. */
const BODY_LIMIT = 64 * 1024;
/** For a request to arrive whole: a slow sender holds a socket no longer. */
const REQUEST_TIMEOUT_MS = 10_000;
/** Longer than the load balancers in front, so that they are the ones to close. */
const KEEP_ALIVE_MS = 65_000;
/** For a handler to answer; longer than the deadlines of everything a handler waits for. */
const HANDLER_TIMEOUT_MS = 30_000;
/** Rollout ids are a flag key of up to 100 characters and nine more. */
const MAX_PARAMETER_LENGTH = 160;

/** Version of the API as its document states it. */
const API_VERSION = '1.0.0';

/** Builds the HTTP server around what it works with; nothing is opened until it listens. */
export function buildServer(
  context: ServerContext,
  logger?: FastifyBaseLogger,
  metrics = new ServerMetrics(),
): FastifyInstance {
  const lookUps = new TokenCache((hash) => context.tokens.findByHash(hash), context.clock);
  const authenticated = (header: string | undefined) => authenticate(header, (hash) => lookUps.get(hash));
  const streams = new ChangeStreams(context.changes, context.signingKey, context.databaseNowMs);
  const ofrep = new OfrepHandler({
    environments: new CompiledEnvironments(context.snapshots),
    streams,
    authenticate: authenticated,
    knownCaller: (header) => knownCaller(header, (hash) => lookUps.peek(hash)),
    databaseNowMs: context.databaseNowMs,
    crossOrigin: context.crossOrigin,
    log: { error: (fields, message) => app.log.error(fields, message) },
  });
  const app = fastify({
    serverFactory: httpServerFactory(ofrep, { requestTimeoutMs: REQUEST_TIMEOUT_MS, keepAliveMs: KEEP_ALIVE_MS }),
    ...(logger === undefined ? {} : { loggerInstance: logger }),
    bodyLimit: BODY_LIMIT,
    handlerTimeout: HANDLER_TIMEOUT_MS,
    // While draining: what is under way ends, idle connections close, and new requests on old connections are told to go.
    forceCloseConnections: 'idle',
    return503OnClosing: true,
    logController: new LogController({ disableRequestLogging: true }),
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: MAX_PARAMETER_LENGTH },
  });
  app.setErrorHandler(sendProblem);
  app.setNotFoundHandler((request) => {
    const where = `${request.method} ${request.url.split('?')[0] ?? ''}`.slice(0, 200);
    throw new HeadgateError(ErrorCode.RouteNotFound, `there is no route ${where}`, { remedy: 'See /v1/docs.' });
  });
  app.addHook('onResponse', async (request, reply) => {
    const fields = { method: request.method, route: request.routeOptions.url, status: reply.statusCode };
    // SDKs ask several times a second: their successes are told at the finest level only.
    const quiet = request.routeOptions.config.quiet === true && reply.statusCode < 400;
    request.log[quiet ? 'trace' : 'info']({ ...fields, durationMs: Math.round(reply.elapsedTime) }, 'answered');
    metrics.answered(request.method, fields.route ?? 'none', reply.statusCode, reply.elapsedTime / 1000);
  });
  // Before idle connections close: followers of changes come back, to another server while this one drains.
  app.addHook('preClose', async () => streams.close());
  const routes = new RouteTable(app, authenticated);
  addEnvironmentRoutes(routes, context);
  addKillSwitchRoutes(routes, context);
  addFlagRoutes(routes, context);
  addHoldoutRoutes(routes, context);
  addStaleFlagRoutes(routes, context);
  addScheduledChangeRoutes(routes, context);
  addSegmentRoutes(routes, context);
  addRolloutRoutes(routes, context);
  addExperimentRoutes(routes, context);
  addGroupRoutes(routes, context);
  addObservationRoutes(routes, context);
  addLabelRoutes(routes, context);
  addModelRoutes(routes, context);
  addTrainingRoutes(routes, context);
  addTrainingRowRoutes(routes, context);
  addMessageRoutes(routes, context);
  addTokenRoutes(routes, context, () => lookUps.clear());
  addAuditRoutes(routes, context);
  addMetricsRoutes(routes, exposition(context, metrics));
  addSdkRoutes(routes, { ...context, events: countEvents(() => context.events, metrics) }, streams);
  addHealthRoutes(app, context);
  addDocumentation(app, routes);
  return app;
}

/** The document and its page are public: they hold nothing but the shape of the API. */
function addDocumentation(app: FastifyInstance, { routes }: RouteTable): void {
  const document = openApiDocument(routes, API_VERSION);
  const page = docsPage(document);
  app.get('/v1/openapi.json', async () => document);
  app.get('/v1/docs', async (_request, reply) => {
    void reply.headers({ 'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'" });
    return reply.type('text/html; charset=utf-8').send(page);
  });
}
