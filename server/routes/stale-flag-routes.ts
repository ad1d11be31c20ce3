import { z } from 'zod';
import { Staleness, stalenessOf } from '../../flags/lifecycle/staleness';
import type { ServerContext } from '../context';
import { usageOfFlags } from '../flags/flag-usage';
import type { RouteTable } from '../http/route';
import { EnvironmentPath, NoBody } from './parameters';

const DAY_MS = 86_400_000;

/** Flags that could be taken out of the code. */
export function addStaleFlagRoutes(routes: RouteTable, context: ServerContext): void {
  routes.add({
    method: 'GET',
    path: '/v1/environments/:env/stale-flags',
    id: 'staleFlags',
    tag: 'flags',
    summary:
      'All flags by key, each with why it is stale, if it is: it serves everybody the same and has not changed for `olderThanMs`, nobody was served, or its `expiresAt` has passed; and what is known of its use',
    role: 'viewer',
    params: EnvironmentPath,
    query: z.strictObject({
      olderThanMs: z.coerce
        .number()
        .int()
        .min(0)
        .max(3_650 * DAY_MS)
        .default(30 * DAY_MS),
    }),
    body: NoBody,
    answers: { 200: { description: 'The flags.', schema: z.array(Staleness) } },
    async handle({ params, query }) {
      const nowMs = context.databaseNowMs();
      const [flags, usageOf] = await Promise.all([
        context.flags.list(params.env),
        usageOfFlags(context, params.env, nowMs, query.olderThanMs),
      ]);
      const found: Staleness[] = [];
      // One after the other: windows of many rollouts at once would not fit into memory.
      for (const flag of flags) found.push(stalenessOf(flag, await usageOf(flag.key), nowMs, query.olderThanMs));
      return found;
    },
  });
}
