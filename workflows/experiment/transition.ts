import type { TransitionRequest } from '../../activities/rollout-activities';
import type { ExperimentInput } from './messages';
import type { ExperimentState, PlannedWrite } from './state';

/** A write of an experiment as the activity that writes flags takes it: of rollouts and experiments alike. */
export function transitionOf(
  { experimentId, environment, flagKey, plan, salt }: ExperimentInput,
  { control, basis }: ExperimentState,
  { action, reason, actor, evidence, end, guarded }: PlannedWrite,
  transition: number,
): TransitionRequest {
  const { base, treatments, armWeight } = plan;
  const arms = [...treatments, control].map((variant) => ({ variant, weight: armWeight }));
  return {
    rolloutId: experimentId,
    environment,
    flagKey,
    transition,
    action,
    step: 0,
    weight: end === null ? armWeight : 0,
    reason,
    actor: actor ?? { kind: 'workflow', name: experimentId, verified: true },
    evidence,
    excludedSegments: [],
    // To the flag every end is the same: the block goes, and the place serves what it served.
    outcome: end === null ? null : 'aborted',
    lowering: !guarded,
    basis: guarded ? basis : null,
    candidate: base.candidate,
    leaseMs: base.leaseMs,
    controlHoldback: 0,
    notApplied: [],
    start: action === 'experiment.start' ? { plan: base, salt, control, arms } : null,
  };
}
