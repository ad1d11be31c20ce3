import type { Actor, Reason } from '../../flags/document/decision-record';
import type { RolloutPlan } from '../../flags/plan/plan';
import type { Intent, PlannedTransition, RolloutState } from './state';
import { isWatching, targetOf } from './target';
import type { WaitingFor } from './status';

/** What the main loop does next: a write, or waiting with the reason people are shown. */
export type Decision =
  | { readonly kind: 'transition'; readonly transition: PlannedTransition }
  | { readonly kind: 'refuse'; readonly transition: null; readonly intent: Intent; readonly text: string }
  | { readonly kind: 'wait'; readonly waitingFor: WaitingFor; readonly summary: string };

/** A weight for people. */
export const percent = (weight: number): string => `${weight} %`;

/** Nothing to write: what is waited for, and the sentence that says so. */
export function wait(waitingFor: WaitingFor, summary: string): Decision {
  return { kind: 'wait', waitingFor, summary };
}

/** Fills in what most transitions share. */
export function write(
  state: RolloutState,
  part: Partial<PlannedTransition> & Pick<PlannedTransition, 'action' | 'weight' | 'step' | 'reason'>,
): Decision {
  return {
    kind: 'transition',
    transition: {
      actor: null,
      evidence: state.lastLook?.reasons ?? [],
      excludedSegments: state.excludedSegments,
      outcome: null,
      lowering: false,
      intent: null,
      ...part,
    },
  };
}

/** The next step up, or completion; `why` is kept in the record. */
export function raise(
  state: RolloutState,
  plan: RolloutPlan,
  why: { reason: string; actor?: Actor; intent?: Intent; full?: boolean },
): Decision {
  const target = targetOf(state, plan);
  const evidence = [...approvalsUpTo(state, plan, why.full ? 100 : target.weight), ...(state.lastLook?.reasons ?? [])];
  const common = { actor: why.actor ?? null, intent: why.intent ?? null, evidence };
  if ((why.full || target.isCompletion) && plan.watch !== undefined && !isWatching(state, plan)) {
    return write(state, {
      ...common,
      action: 'rollout.raise',
      weight: 100 - plan.controlHoldback,
      step: plan.steps.length,
      reason: `everybody is served, and watched before completion: ${why.reason}`,
    });
  }
  if (why.full || target.isCompletion) {
    const except = state.excludedSegments.length > 0 ? ` except ${state.excludedSegments.join(', ')}` : '';
    return write(state, {
      ...common,
      action: 'rollout.complete',
      weight: 100 - plan.controlHoldback,
      step: plan.steps.length,
      outcome: 'completed',
      reason: `completed${except}: ${why.reason}`,
    });
  }
  return write(state, {
    ...common,
    action: 'rollout.raise',
    weight: target.weight,
    step: target.step,
    reason: `raised from ${percent(state.weight)} to ${percent(target.weight)}: ${why.reason}`,
  });
}

/** Who approved the steps between the weight served and another one. */
function approvalsUpTo({ approvals = [], weight }: RolloutState, { steps }: RolloutPlan, reached: number): Reason[] {
  const passed = (step: number): boolean => {
    const entered = steps[step]?.weight ?? 0;
    return entered > weight && entered <= reached;
  };
  return approvals.filter(({ step }) => passed(step)).map(({ reason }) => reason);
}

/** Where `narrow` leads: one step or one decrement down, never up; -1 is 'nobody'. */
export function narrowTarget(state: RolloutState, plan: RolloutPlan): { weight: number; step: number } {
  if (plan.narrowBy === 'step') {
    const below = plan.steps.map(({ weight }) => weight).filter((weight) => weight < state.weight);
    return { weight: below.at(-1) ?? 0, step: Math.max(below.length - 1, 0) };
  }
  const weight = Math.max(0, Math.round((state.weight - plan.narrowBy) * 1000) / 1000);
  const served = plan.steps.filter((step) => step.weight <= weight).length;
  return { weight, step: Math.max(served - 1, 0) };
}

/** What the last look found against raising, beyond evidence that is merely missing. */
export function openFinding(state: RolloutState): Reason | null {
  const look = state.lastLook;
  if (look === null) return null;
  const merelyMissing = ['BAKE_NOT_SERVED', 'SAFETY_NOT_SHOWN', 'SAFETY_SHOWN', 'TOO_FEW_UNITS', 'INCONCLUSIVE'];
  return look.reasons.find(({ code }) => !merelyMissing.includes(code)) ?? null;
}
