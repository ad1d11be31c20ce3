import { z } from 'zod';
import { knownRollouts } from '../../store/training-rows';
import type { ServerContext } from '../context';
import type { RouteTable } from '../http/route';
import { EnvironmentPath, limitOf, NoBody } from './parameters';

const Row = z.object({
  id: z.string(),
  /** When the rollout began; its features are as they were known then. */
  startedAt: z.string(),
  failed: z.boolean(),
  values: z.record(z.string(), z.number().nullable()),
});

/** What models learn from, for people's own tools. */
export function addTrainingRowRoutes(
  routes: RouteTable,
  { deployments, features, databaseNowMs }: ServerContext,
): void {
  routes.add({
    method: 'GET',
    path: '/v1/environments/:env/training-rows',
    id: 'listTrainingRows',
    tag: 'models',
    summary: 'Ended rollouts of known end with their features as they were known when each began, oldest first',
    role: 'viewer',
    params: EnvironmentPath,
    query: z.strictObject({ limit: limitOf(1000, 5000) }),
    body: NoBody,
    answers: { 200: { description: 'The rows; the latest when there are more than the limit.', schema: z.array(Row) } },
    async handle({ params, query }) {
      const now = new Date(databaseNowMs());
      const rows = await knownRollouts(deployments, features, [params.env], now, query.limit);
      return rows.map((row) => ({ ...row, startedAt: row.startedAt.toISOString(), values: { ...row.values } }));
    },
  });
}
