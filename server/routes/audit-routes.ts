import { z } from 'zod';
import { documentId } from '../../flags/document/identifiers';
import type { ServerContext } from '../context';
import type { RouteTable } from '../http/route';
import { EnvironmentPath, NoBody, Nothing } from './parameters';

const Report = z.object({
  /** Whether every chain holds. */
  ok: z.boolean(),
  flags: z.int(),
  segments: z.int(),
  /** Of flags, segments, the kill switch and holdouts. */
  records: z.int(),
  problems: z.array(
    z.object({
      /** Whose chain it is in: a flag's, a segment's, the kill switch's or the holdouts'. */
      flagId: z.string().optional(),
      segmentId: z.string().optional(),
      switchId: z.string().optional(),
      holdoutsId: z.string().optional(),
      revision: z.int(),
      problem: z.string(),
    }),
  ),
});

/** The audit: whether the hash chains of an environment's decision records hold. */
export function addAuditRoutes(
  routes: RouteTable,
  { decisions, segments, killSwitches, holdouts }: ServerContext,
): void {
  routes.add({
    method: 'GET',
    path: '/v1/environments/:env/audit/verify',
    id: 'verifyAudit',
    tag: 'audit',
    summary:
      'Checks the chain of records of every flag and segment, of the kill switch and of the holdouts: numbers, hashes, and that it ends where they stand',
    role: 'viewer',
    params: EnvironmentPath,
    query: Nothing,
    body: NoBody,
    answers: { 200: { description: 'What was found; also when a chain is broken.', schema: Report } },
    async handle({ params }) {
      const ofFlags = await decisions.verifyEnvironment(params.env);
      const ofSegments = await segments.verify(params.env);
      const ofSwitch = await killSwitches.verify(params.env);
      const ofHoldouts = await holdouts.verify(params.env);
      const switchId = documentId(params.env, 'kill-switch');
      const holdoutsId = documentId(params.env, 'holdouts');
      const problems = [
        ...ofFlags.problems,
        ...ofSegments.problems,
        ...ofSwitch.problems.map((problem) => ({ switchId, ...problem })),
        ...ofHoldouts.problems.map((problem) => ({ holdoutsId, ...problem })),
      ];
      const records = ofFlags.records + ofSegments.records + ofSwitch.records + ofHoldouts.records;
      return { ok: problems.length === 0, flags: ofFlags.flags, segments: ofSegments.segments, records, problems };
    },
  });
}
