import { z } from 'zod';
import type { ServerContext } from '../context';
import type { RouteTable } from '../http/route';
import { EnvironmentPath, NoBody, Nothing } from './parameters';

const Report = z.object({
  /** Whether every chain holds. */
  ok: z.boolean(),
  flags: z.int(),
  segments: z.int(),
  /** Of flags, segments and the kill switch. */
  records: z.int(),
  problems: z.array(
    z.object({
      /** Whose chain it is in: a flag's, a segment's or the kill switch's. */
      flagId: z.string().optional(),
      segmentId: z.string().optional(),
      switchId: z.string().optional(),
      revision: z.int(),
      problem: z.string(),
    }),
  ),
});

/** The audit: whether the hash chains of an environment's decision records hold. */
export function addAuditRoutes(routes: RouteTable, { decisions, segments, killSwitches }: ServerContext): void {
  routes.add({
    method: 'GET',
    path: '/v1/environments/:env/audit/verify',
    id: 'verifyAudit',
    tag: 'audit',
    summary:
      'Checks the chain of records of every flag and segment and of the kill switch: numbers, hashes, and that it ends where they stand',
    role: 'viewer',
    params: EnvironmentPath,
    query: Nothing,
    body: NoBody,
    answers: { 200: { description: 'What was found; also when a chain is broken.', schema: Report } },
    async handle({ params }) {
      const ofFlags = await decisions.verifyEnvironment(params.env);
      const ofSegments = await segments.verify(params.env);
      const ofSwitch = await killSwitches.verify(params.env);
      const problems = [...ofFlags.problems, ...ofSegments.problems, ...ofSwitch.problems];
      const records = ofFlags.records + ofSegments.records + ofSwitch.records;
      return { ok: problems.length === 0, flags: ofFlags.flags, segments: ofSegments.segments, records, problems };
    },
  });
}
