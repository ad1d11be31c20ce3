import type { Actor, Reason } from '../../flags/document/decision-record';
import type { RolloutPlan } from '../../flags/plan/plan';
import {
  bakeMsOf,
  MAX_RAISES_AFTER_NARROW,
  nextStepIndex,
  nextWeight,
  type Intent,
  type PlannedTransition,
  type RolloutState,
} from './state';
import type { WaitingFor } from './status';

/** What the main loop does next: a write, or waiting with the reason people are shown. */
export type Decision =
  | { readonly kind: 'transition'; readonly transition: PlannedTransition }
  | { readonly kind: 'refuse'; readonly transition: null; readonly intent: Intent; readonly text: string }
  | { readonly kind: 'wait'; readonly waitingFor: WaitingFor; readonly summary: string };

const percent = (weight: number): string => `${weight} %`;

/** The start, installing the block at the first step's weight. */
function start(state: RolloutState, plan: RolloutPlan): Decision {
  const first = plan.steps[0];
  if (state.phase === 'paused') return wait('operator', 'paused before the first step');
  if (first?.approval && !state.approvedSteps.includes(0)) {
    return wait('approval', `waits for approval of its first step (${percent(first.weight)})`);
  }
  if (state.blackoutUntilMs !== null) return wait('blackout', 'waits for a blackout window to end');
  return write(state, {
    action: 'rollout.start',
    weight: first?.weight ?? 0,
    step: 0,
    reason: `started at ${percent(first?.weight ?? 0)}`,
  });
}

function wait(waitingFor: WaitingFor, summary: string): Decision {
  return { kind: 'wait', waitingFor, summary };
}

/** Fills in what most transitions share. */
function write(
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
function raise(
  state: RolloutState,
  plan: RolloutPlan,
  why: { reason: string; actor?: Actor; intent?: Intent; full?: boolean },
): Decision {
  const index = why.full ? plan.steps.length : nextStepIndex(plan, state.weight);
  const step = plan.steps[index];
  const common = { actor: why.actor ?? null, intent: why.intent ?? null };
  if (step === undefined) {
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
    weight: step.weight,
    step: index,
    reason: `raised from ${percent(state.weight)} to ${percent(step.weight)}: ${why.reason}`,
  });
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

/** Carries out what an operator asked for. */
function obey(state: RolloutState, plan: RolloutPlan, intent: Intent): Decision {
  switch (intent.kind) {
    case 'end':
      return write(state, {
        action: intent.outcome === 'aborted' ? 'rollout.abort' : 'rollout.supersede',
        weight: 0,
        step: state.step,
        outcome: intent.outcome,
        lowering: true,
        actor: intent.actor,
        reason: intent.reason || (intent.outcome === 'aborted' ? 'aborted by request' : 'superseded'),
        evidence: [],
        intent,
      });
    case 'weight': {
      const lowering = intent.weight <= state.weight;
      if (!lowering && state.phase === 'paused') {
        return { kind: 'refuse', transition: null, intent, text: 'the rollout is paused: resume it before raising' };
      }
      const below = plan.steps.filter((step) => step.weight <= intent.weight).length;
      return write(state, {
        action: lowering ? 'rollout.lower' : 'rollout.raise',
        weight: intent.weight,
        step: Math.max(below - 1, 0),
        lowering,
        actor: intent.actor,
        reason: intent.reason || `weight set to ${percent(intent.weight)} by ${intent.actor.name}`,
        evidence: [],
        intent,
      });
    }
    case 'exclude':
    case 'readmit': {
      const excludedSegments =
        intent.kind === 'exclude'
          ? [...new Set([...state.excludedSegments, intent.segment])]
          : state.excludedSegments.filter((segment) => segment !== intent.segment);
      return write(state, {
        action: intent.kind === 'exclude' ? 'rollout.exclude' : 'rollout.readmit',
        weight: state.weight,
        step: state.step,
        excludedSegments,
        lowering: intent.kind === 'exclude',
        actor: intent.actor,
        reason: intent.reason || `segment ${intent.segment} ${intent.kind === 'exclude' ? 'excluded' : 'readmitted'}`,
        evidence: [],
        intent,
      });
    }
    case 'promote':
      return promote(state, plan, intent);
  }
}

/** An operator's promotion ends the bake, not the judgement: only `force` goes past what the judge found. */
function promote(state: RolloutState, plan: RolloutPlan, intent: Extract<Intent, { kind: 'promote' }>): Decision {
  const refuse = (text: string): Decision => ({ kind: 'refuse', transition: null, intent, text });
  if (state.phase === 'paused') return refuse('the rollout is paused: resume it first');
  const finding = openFinding(state);
  if (!intent.force && finding !== null) {
    return refuse(`the judge holds it: ${finding.text}; promote with force and a reason to go past it`);
  }
  const next = nextStepIndex(plan, state.weight);
  const unapproved = plan.steps.findIndex(
    ({ approval }, index) =>
      approval && index >= next && (intent.full || index === next) && !state.approvedSteps.includes(index),
  );
  if (unapproved !== -1) return refuse(`step ${unapproved + 1} waits for approval, which promote does not replace`);
  if (state.blackoutUntilMs !== null && !intent.force) {
    return refuse('a blackout is in force; promote with force and a reason to go past it');
  }
  const reason = intent.reason || `promoted by ${intent.actor.name}`;
  return raise(state, plan, {
    reason: intent.force ? `forced: ${reason}` : reason,
    actor: intent.actor,
    intent,
    full: intent.full,
  });
}

/** What the last look found against raising, beyond evidence that is merely missing. */
function openFinding(state: RolloutState): Reason | null {
  const look = state.lastLook;
  if (look === null) return null;
  const merelyMissing = ['BAKE_NOT_SERVED', 'SAFETY_NOT_SHOWN', 'SAFETY_SHOWN', 'TOO_FEW_UNITS', 'INCONCLUSIVE'];
  return look.reasons.find(({ code }) => !merelyMissing.includes(code)) ?? null;
}

/** Whether nothing speaks against raising from weight 0, where the candidate's silence is no finding. */
function calm(state: RolloutState): boolean {
  const finding = openFinding(state);
  return finding === null || finding.code === 'NO_DATA';
}

/** Acts on the judge's verdict, promotion aside. */
function heed(state: RolloutState, plan: RolloutPlan): Decision | null {
  const look = state.lastLook;
  if (look === null) return null;
  const because = look.reasons[0]?.text ?? 'the judge says so';
  if (look.verdict === 'rollback') {
    return write(state, {
      action: 'rollout.roll_back',
      weight: 0,
      step: state.step,
      outcome: 'rolled_back',
      lowering: true,
      reason: because,
    });
  }
  if (look.verdict === 'narrow' && state.weight > 0) {
    const target = narrowTarget(state, plan);
    return write(state, { action: 'rollout.narrow', ...target, lowering: true, reason: because });
  }
  return null;
}

/** The next step by the plan itself: after its approval, and outside blackouts. */
function gated(state: RolloutState, plan: RolloutPlan, reason: string): Decision {
  const next = nextStepIndex(plan, state.weight);
  if (plan.steps[next]?.approval && !state.approvedSteps.includes(next)) {
    return wait('approval', `waits for approval of ${percent(nextWeight(plan, state.weight))}`);
  }
  if (state.blackoutUntilMs !== null) return wait('blackout', 'ready to go on; waits for a blackout window to end');
  return raise(state, plan, { reason });
}

/** What an undecided rollout does once it has baked long enough. */
function undecided(state: RolloutState, plan: RolloutPlan): Decision {
  const why =
    state.lastLook?.reasons.find(({ code }) => code !== 'BAKE_NOT_SERVED')?.text ??
    'the evidence does not allow it yet';
  const bakeMs = bakeMsOf(plan, state.step);
  const inconclusive = state.bakedMs >= plan.inconclusiveAfterBakes * bakeMs;
  if (!inconclusive) return wait('data', `bake served; holds: ${why}`);
  if (plan.onInconclusive === 'roll_back') {
    return write(state, {
      action: 'rollout.roll_back',
      weight: 0,
      step: state.step,
      outcome: 'rolled_back',
      lowering: true,
      reason: `inconclusive after ${plan.inconclusiveAfterBakes} bakes, and the plan rolls back then: ${why}`,
    });
  }
  if (typeof plan.onInconclusive === 'object' && openFinding(state) === null) {
    const { continueTo } = plan.onInconclusive;
    if (nextWeight(plan, state.weight) <= continueTo) {
      const reason = `inconclusive after ${plan.inconclusiveAfterBakes} bakes, and the plan goes on up to ${percent(continueTo)}`;
      return gated(state, plan, reason);
    }
  }
  return wait('data', `inconclusive after ${plan.inconclusiveAfterBakes} bakes; holds: ${why}`);
}

/**
 * The next thing to do, from the state alone. Order of precedence: a lowering or end asked for by people, a lapse to record, the
 * judge's rollback or narrowing, other requests, then the plan. Pure: everything it needs to know stands in the state.
 *
 * @param lookIsFresh - whether the last look came after the last write; verdicts on an older weight raise nothing
 */
export function decide(state: RolloutState, plan: RolloutPlan, lookIsFresh: boolean): Decision {
  const end = state.intents.find(({ kind }) => kind === 'end');
  if (end !== undefined) return obey(state, plan, end);
  if (state.step < 0) return start(state, plan);
  if (state.lapsedAtMs !== null) {
    const restart = plan.afterLapse === 'first_step' && plan.onLapse === 'control';
    const first = plan.steps[0]?.weight ?? 0;
    const weight = restart ? Math.min(first, state.weight) : state.weight;
    return write(state, {
      action: 'rollout.lapsed',
      weight,
      step: restart ? 0 : state.step,
      lowering: true,
      evidence: [],
      reason: `the lease had lapsed at ${new Date(state.lapsedAtMs).toISOString()}; goes on at ${percent(weight)}`,
    });
  }
  const heeded = lookIsFresh ? heed(state, plan) : null;
  const forced = state.intents.find((intent) => intent.kind === 'promote' && intent.force);
  if (heeded !== null && forced === undefined) return heeded;
  const asked = state.intents[0];
  if (asked !== undefined) return obey(state, plan, forced ?? asked);
  if (state.phase === 'paused') return wait('operator', `paused: ${state.pause?.text ?? 'by request'}`);
  const bakeMs = bakeMsOf(plan, state.step);
  if (state.bakedMs < bakeMs) return wait('bake', `baking at ${percent(state.weight)}`);
  if (!lookIsFresh || state.lastLook === null) return wait('data', 'bake served; waits for the next look');
  // Narrowed down to nobody, the candidate has no data to be judged by: one calm bake is what can be asked.
  const fromNobody = state.phase === 'narrowed' && state.weight === 0 && calm(state);
  if (state.lastLook.verdict !== 'promote' && !fromNobody) return undecided(state, plan);
  const reason = fromNobody
    ? 'one calm bake after narrowing to nobody'
    : (state.lastLook.reasons[0]?.text ?? 'shown safe');
  return gated(state, plan, reason);
}

/** Whether a narrowed rollout may be raised once more, or has to wait for a person. */
export function mayRaiseAgain(state: RolloutState): boolean {
  return state.raisesAfterNarrow < MAX_RAISES_AFTER_NARROW;
}
