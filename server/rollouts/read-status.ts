import type { RolloutProjection } from '../../store/rollouts-repository';
import type { RolloutStatus } from '../../workflows/rollout/status';
import type { RolloutWorkflows } from '../temporal/rollout-workflows';
import { ErrorCode, HeadgateError } from '../../core/errors';
import type { LocatedRollout } from './rollout-directory';

/** A status, and whether it is only what the database last heard of a live rollout. */
export type StatusAnswer = RolloutStatus & { readonly fromProjection?: true; readonly ageMs?: number };

/**
 * Reads where a rollout stands: of a live one from the workflow, of an ended one from the projection, which is then
 * final. When no worker answers, the projection is given with `fromProjection` and its age.
 *
 * @throws {HeadgateError} TEMPORAL_UNAVAILABLE when neither the workflow answers nor the projection exists
 */
export async function readStatus(
  workflows: Pick<RolloutWorkflows, 'status'>,
  { rolloutId, environment, flagKey, projection }: LocatedRollout,
  databaseNowMs: number,
): Promise<StatusAnswer> {
  if (projection !== null && projection.outcome !== null) return statusOf(projection);
  const live = await workflows.status({ environment, flagKey });
  if (live !== null && live.rolloutId === rolloutId) return live;
  if (projection === null) {
    throw new HeadgateError(ErrorCode.TemporalUnavailable, `rollout '${rolloutId}' does not answer yet`, {
      retryable: true,
      remedy: 'Check that workers run, and try again.',
    });
  }
  const ageMs = Math.max(0, databaseNowMs - Date.parse(projection.updatedAt));
  return { ...statusOf(projection), fromProjection: true, ageMs };
}

/** The projection in the words of the status query. */
export function statusOf(projection: RolloutProjection): RolloutStatus {
  return {
    rolloutId: projection._id,
    environment: projection.environment,
    flag: projection.flagKey,
    candidate: projection.plan.candidate,
    phase: projection.state,
    waitingFor: projection.waitingFor,
    summary: projection.summary,
    step: projection.step,
    steps: projection.plan.steps.map(({ weight, bakeMs }) => ({ weight, bakeMs })),
    weight: projection.weight,
    transition: projection.transition,
    bakedMs: projection.bakedMs,
    bakeMs: projection.bakeMs,
    startedAt: projection.startedAt,
    startedBy: projection.startedBy,
    excludedSegments: projection.excludedSegments,
    lastLook: projection.lastLook,
    nextLookAt: null,
  };
}
