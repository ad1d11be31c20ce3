import { z } from 'zod';
import { ErrorCode, HeadgateError } from '../../core/errors';
import type { ServerContext } from '../context';
import type { RouteTable } from '../http/route';
import { NoBody, Nothing, ReasonText, RolloutPath } from './parameters';

const tag = 'rollouts';
const Label = z.object({
  rolloutId: z.string(),
  outcome: z.string(),
  /** Null while nobody can tell. */
  failed: z.boolean().nullable(),
  source: z.enum(['outcome', 'person']),
  by: z.string(),
  reason: z.string(),
  at: z.string(),
});

/** Labels of ended rollouts: whether the change failed by its own fault, which models learn from and people correct. */
export function addLabelRoutes(routes: RouteTable, { deployments, databaseNowMs }: ServerContext): void {
  const path = '/v1/environments/:env/rollouts/:id/label';

  routes.add({
    method: 'GET',
    path,
    id: 'getLabel',
    tag,
    summary: 'Whether an ended rollout counts as a failure of its change, and who says so',
    role: 'viewer',
    params: RolloutPath,
    query: Nothing,
    body: NoBody,
    answers: { 200: { description: 'The label.', schema: Label } },
    async handle({ params }) {
      const deployment = await deployments.get(params.id);
      if (deployment?.environment !== params.env) throw notEnded(params.id);
      const { outcome, label } = deployment;
      return { rolloutId: params.id, outcome, ...label, at: label.at.toISOString() };
    },
  });

  routes.add({
    method: 'PUT',
    path,
    id: 'setLabel',
    tag,
    summary: 'Corrects it; the label before is kept, and no outcome overrides a person',
    role: 'operator',
    params: RolloutPath,
    query: Nothing,
    body: z.strictObject({ failed: z.boolean().nullable(), reason: ReasonText }),
    answers: { 200: { description: 'The label.', schema: Label } },
    async handle({ params, body, caller, log }) {
      const standing = await deployments.get(params.id);
      if (standing?.environment !== params.env) throw notEnded(params.id);
      const at = new Date(databaseNowMs());
      const relabelled = await deployments.relabel(params.id, { ...body, source: 'person', by: caller.name, at });
      if (relabelled === null) throw notEnded(params.id);
      log.info({ rolloutId: params.id, failed: body.failed, by: caller.name }, 'rollout labelled');
      const { outcome, label } = relabelled;
      return { rolloutId: params.id, outcome, ...label, at: label.at.toISOString() };
    },
  });
}

function notEnded(id: string): HeadgateError {
  return new HeadgateError(ErrorCode.RolloutNotFound, `no ended rollout '${id}' is known here`, {
    remedy: 'Wait until it has ended; ended ones are taken up within a few minutes.',
  });
}
