import type { RolloutPlan } from '../../flags/plan/plan';
import { bakeMsOf, nextStepIndex, type RolloutState } from './state';
import type { PaceStatus } from './status';

/** Where the next raise leads. */
export interface Target {
  readonly weight: number;
  /** Index of the step that the weight belongs to; the number of steps for completion. */
  readonly step: number;
  readonly isCompletion: boolean;
}

/** The pace that the last look found; null when the plan's steps count. */
export function paceOf(state: RolloutState, plan: RolloutPlan): PaceStatus | null {
  return plan.pace === 'adaptive' ? (state.lastLook?.pace ?? null) : null;
}

/** The next step of the plan, or what the pace says: always above the weight served. */
export function targetOf(state: RolloutState, plan: RolloutPlan): Target {
  const completion = 100 - plan.controlHoldback;
  const pace = paceOf(state, plan);
  if (pace !== null && state.weight > 0 && pace.nextWeight > state.weight) {
    const isCompletion = pace.nextWeight >= completion;
    const below = plan.steps.filter((step) => step.weight <= pace.nextWeight).length;
    return {
      weight: Math.min(pace.nextWeight, completion),
      step: isCompletion ? plan.steps.length : Math.max(below - 1, 0),
      isCompletion,
    };
  }
  const index = nextStepIndex(plan, state.weight);
  const step = plan.steps[index];
  return { weight: step?.weight ?? completion, step: index, isCompletion: step === undefined };
}

/** Whether everybody is served already and only watched before the completion write. */
export function isWatching(state: RolloutState, plan: RolloutPlan): boolean {
  return plan.watch !== undefined && state.step >= plan.steps.length && state.weight >= 100 - plan.controlHoldback;
}

/** Bake time that the weight served owes. */
export function owedBakeMs(state: RolloutState, plan: RolloutPlan): number {
  if (plan.watch !== undefined && isWatching(state, plan)) return plan.watch.forMs;
  return paceOf(state, plan)?.bakeMs ?? bakeMsOf(plan, state.step);
}

/** Index of a step on the way to a weight that still waits for approval; -1 when there is none. */
export function unapprovedBelow(state: RolloutState, plan: RolloutPlan, weight: number): number {
  return plan.steps.findIndex(
    (step, index) =>
      step.approval && step.weight > state.weight && step.weight <= weight && !state.approvedSteps.includes(index),
  );
}
