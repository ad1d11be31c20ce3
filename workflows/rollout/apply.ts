import { CancellationScope, condition } from '@temporalio/workflow';
import type { RolloutRef, TransitionRequest, TransitionResult } from '../../activities/rollout-activities';
import { writing } from './activity-options';
import { hasLowering, type Inbox } from './inbox';
import type { RolloutInput } from './messages';
import { swallowCancellation } from './run-failures';
import type { PlannedTransition, RolloutState } from './state';

/** Writes a numbered transition; null when it was a raise and a lowering has arrived meanwhile. */
export async function apply(
  input: RolloutInput,
  state: RolloutState,
  inbox: Inbox,
  planned: PlannedTransition,
  number: number,
): Promise<TransitionResult | null> {
  const request = requestOf(input, state, planned, number);
  const summary = `#${number} ${planned.action.replace('rollout.', '')} → ${planned.weight} %`;
  const write = (): Promise<TransitionResult> => writing.applyTransition.executeWithOptions({ summary }, [request]);
  if (planned.lowering) return write();
  const scope = new CancellationScope();
  const raise = scope.run(write);
  const overtaken = condition(() => hasLowering(inbox, state.weight)).then(() => null);
  const first = await Promise.race([raise.catch(swallowCancellation), overtaken]);
  if (first === null) scope.cancel();
  return first;
}

/** How every activity names this rollout. */
export function refOf({ rolloutId, environment, flagKey }: RolloutInput): RolloutRef {
  return { rolloutId, environment, flagKey };
}

function requestOf(
  input: RolloutInput,
  state: RolloutState,
  planned: PlannedTransition,
  number: number,
): TransitionRequest {
  const { plan, salt, rolloutId, startedBy } = input;
  const start = planned.action === 'rollout.start' ? { plan, salt, control: state.control } : null;
  return {
    ...refOf(input),
    transition: number,
    action: planned.action,
    step: planned.step,
    weight: planned.weight,
    // The write is the workflow's own; who wanted it belongs to the record as well.
    reason: start === null ? planned.reason : `${planned.reason} (rollout started by ${startedBy.name})`,
    actor: planned.actor ?? { kind: 'workflow' as const, name: rolloutId, verified: true },
    evidence: planned.evidence,
    excludedSegments: planned.excludedSegments,
    outcome: planned.outcome,
    lowering: planned.lowering,
    basis: planned.lowering ? null : state.basis,
    candidate: plan.candidate,
    leaseMs: plan.leaseMs,
    controlHoldback: plan.controlHoldback,
    notApplied: state.notApplied,
    start,
  };
}
