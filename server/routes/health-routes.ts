import type { FastifyInstance } from 'fastify';
import type { ServerContext } from '../context';

/**
 * `/healthz`: the process is alive. `/readyz`: the database answers, which is all that flags and break-glass need;
 * Temporal's state is reported and decides nothing. Neither wants a token or tells addresses.
 */
export function addHealthRoutes(
  app: FastifyInstance,
  { databaseAnswers, workflows }: Pick<ServerContext, 'databaseAnswers' | 'workflows'>,
): void {
  const config = { quiet: true };
  app.get('/healthz', { config }, async () => ({ status: 'ok' }));
  app.get('/readyz', { config }, async (_request, reply) => {
    const [database, temporal] = await Promise.all([databaseAnswers(), workflows.isReachable()]);
    void reply.code(database ? 200 : 503);
    return {
      status: database ? 'ready' : 'not_ready',
      database: database ? 'answers' : 'silent',
      temporal: temporal ? 'answers' : 'silent',
    };
  });
}
