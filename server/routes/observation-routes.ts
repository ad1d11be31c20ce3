import { z } from 'zod';
import { ErrorCode, HeadgateError } from '../../core/errors';
import { DecisionAction } from '../../flags/document/decision-record';
import { documentId } from '../../flags/document/identifiers';
import { RolloutPlan } from '../../flags/plan/plan';
import type { ServerContext } from '../context';
import type { RouteTable } from '../http/route';
import { locateRollout } from '../rollouts/rollout-directory';
import { PHASES } from '../rollouts/rollout-views';
import { NoBody, Nothing, RolloutPath } from './parameters';

/**
 * Everything a rollout was judged by, so that it can be judged again: the answer of the route, and what `headgate
 * replay` reads.
 */
const ObservationsView = z.object({
  rolloutId: z.string(),
  environment: z.string(),
  flag: z.string(),
  state: z.enum(PHASES),
  summary: z.string(),
  startedAt: z.string(),
  endedAt: z.string().optional(),
  plan: RolloutPlan,
  /** Null when no window tells of it. */
  control: z.string().nullable(),
  candidate: z.string(),
  transitions: z.array(
    z.object({
      at: z.string(),
      action: DecisionAction,
      transition: z.int(),
      weight: z.number(),
      step: z.int().optional(),
    }),
  ),
  /**
   * In time order; of a long rollout merged into longer windows. `totals` as they are stored: amounts nested by their
   * paths.
   */
  windows: z.array(
    z.object({
      windowStart: z.number(),
      windowMs: z.number(),
      transition: z.int(),
      variant: z.string(),
      segment: z.string(),
      totals: z.record(z.string(), z.json()),
    }),
  ),
});

/** What a rollout was judged by. */
export function addObservationRoutes(routes: RouteTable, context: ServerContext): void {
  routes.add({
    method: 'GET',
    path: '/v1/environments/:env/rollouts/:id/observations',
    id: 'rolloutObservations',
    tag: 'rollouts',
    summary: 'The windows and weights a rollout was judged by, up to 6 MB; kept for 90 days after its end',
    role: 'viewer',
    params: RolloutPath,
    query: Nothing,
    body: NoBody,
    timeoutMs: 60_000,
    answers: { 200: { description: 'Windows, transitions and plan.', schema: ObservationsView } },
    async handle({ params }) {
      const { rolloutId, environment, flagKey, projection } = await locateRollout(context, params.env, params.id);
      if (projection === null) {
        throw new HeadgateError(ErrorCode.RolloutNotFound, `nothing is recorded of rollout '${rolloutId}' yet`, {
          retryable: true,
          remedy: 'Try again after its first look.',
        });
      }
      const [records, windows] = await Promise.all([
        context.decisions.byRollout(rolloutId),
        context.windows.readRecorded(documentId(environment, flagKey), rolloutId),
      ]);
      const { plan, state, summary, startedAt, endedAt } = projection;
      return {
        rolloutId,
        environment,
        flag: flagKey,
        state,
        summary,
        startedAt,
        endedAt,
        plan,
        control: windows.find(({ variant }) => variant !== plan.candidate)?.variant ?? null,
        candidate: plan.candidate,
        transitions: records.flatMap(({ at, action, transition, weightAfter, step }) =>
          transition === undefined || weightAfter === undefined
            ? []
            : [{ at, action, transition, weight: weightAfter, step }],
        ),
        windows,
      };
    },
  });
}
