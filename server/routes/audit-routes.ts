import { z } from 'zod';
import type { ServerContext } from '../context';
import type { RouteTable } from '../http/route';
import { EnvironmentPath, NoBody, Nothing } from './parameters';

const Report = z.object({
  /** Whether every chain holds. */
  ok: z.boolean(),
  flags: z.int(),
  records: z.int(),
  problems: z.array(z.object({ flagId: z.string(), revision: z.int(), problem: z.string() })),
});

/** The audit: whether the hash chains of an environment's decision records hold. */
export function addAuditRoutes(routes: RouteTable, { decisions }: ServerContext): void {
  routes.add({
    method: 'GET',
    path: '/v1/environments/:env/audit/verify',
    id: 'verifyAudit',
    tag: 'audit',
    summary: 'Checks every flag’s chain of decision records: numbers, hashes, and that it ends where the flag stands',
    role: 'viewer',
    params: EnvironmentPath,
    query: Nothing,
    body: NoBody,
    answers: { 200: { description: 'What was found; also when a chain is broken.', schema: Report } },
    async handle({ params }) {
      const report = await decisions.verifyEnvironment(params.env);
      return { ok: report.problems.length === 0, ...report };
    },
  });
}
