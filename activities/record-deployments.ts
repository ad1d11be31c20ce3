import type { DeploymentLabel, DeploymentsRepository } from '../store/deployments-repository';
import type { RolloutProjection, RolloutsRepository } from '../store/rollouts-repository';
import { sha256 } from '../core/signing';

/** Reasons of a lowering that are not the candidate's own doing. */
const ELSEWHERE = new Set(['SHARED_FAULT', 'NO_DATA_DEADLINE']);
const AUTHOR_DIGEST_LENGTH = 16;

/**
 * Takes rollouts that have ended into the past deployments that models learn from. Safe to repeat: each is recorded
 * once, and a label that a person has corrected stays.
 *
 * @returns how many were new
 */
export async function recordDeployments(
  rollouts: Pick<RolloutsRepository, 'ended'>,
  deployments: DeploymentsRepository,
  since: Date,
): Promise<number> {
  let recorded = 0;
  for (const rollout of await rollouts.ended(since.toISOString())) {
    const { _id, environment, flagKey, startedAt, endedAt, outcome, plan } = rollout;
    if (endedAt === undefined || outcome === null || outcome === 'refused') continue;
    const isNew = await deployments.record({
      _id,
      environment,
      flagKey,
      ...(plan.change?.author === undefined ? {} : { author: digestOf(plan.change.author) }),
      ...(plan.owner === undefined ? {} : { owner: digestOf(plan.owner) }),
      ...(plan.change === undefined ? {} : { changeId: plan.change.id }),
      startedAt: new Date(startedAt),
      endedAt: new Date(endedAt),
      outcome,
      label: labelOf(rollout, new Date(endedAt)),
    });
    if (isNew) recorded += 1;
  }
  return recorded;
}

/**
 * What an end says of the change: completed is no failure, rolled back is one unless the fault was in both arms or
 * there was no data; everything else (aborted by a person, superseded) tells nothing until somebody says so.
 */
export function labelOf({ _id, outcome, lastLook }: RolloutProjection, at: Date): DeploymentLabel {
  const base = { source: 'outcome', by: `rollout ${_id}`, at } as const;
  if (outcome === 'completed') return { ...base, failed: false, reason: 'it was completed' };
  if (outcome !== 'rolled_back')
    return { ...base, failed: null, reason: `it ended as ${outcome}, which tells nothing of the change` };
  const elsewhere = lastLook?.reasons.find(({ code }) => ELSEWHERE.has(code));
  if (elsewhere !== undefined) {
    return { ...base, failed: null, reason: `it was rolled back, but not by its own fault: ${elsewhere.code}` };
  }
  return { ...base, failed: true, reason: 'it was rolled back' };
}

/** People only as digests: models learn how authors fare, never who they are. */
export function digestOf(author: string): string {
  return sha256(author.trim().toLowerCase()).slice(0, AUTHOR_DIGEST_LENGTH);
}
