import type { Reason } from '../../flags/document/decision-record';
import type { RolloutPlan } from '../../flags/plan/plan';
import { narrowTarget, openFinding, percent, raise, wait, write, type Decision } from './decision';
import { underKillSwitch } from './killed';
import { obey } from './obey';
import { MAX_RAISES_AFTER_NARROW, type RolloutState } from './state';
import { isWatching, owedBakeMs, targetOf, unapprovedBelow } from './target';

/** Who approved the first step, what was predicted of the change, and from what. */
function evidenceOfStart({ approvals = [], assessment, features = [] }: RolloutState): {
  readonly evidence?: readonly Reason[];
} {
  const approved = approvals.filter(({ step }) => step === 0).map(({ reason }) => reason);
  const evidence = [...approved, ...(assessment === undefined ? [] : [assessment]), ...features];
  return evidence.length === 0 ? {} : { evidence };
}

/** An instant for people, in UTC. */
const iso = (instantMs: number): string => new Date(instantMs).toISOString();

/** The start, installing the block at the first step's weight. */
function start(state: RolloutState, plan: RolloutPlan): Decision {
  const first = plan.steps[0];
  if (state.phase === 'paused') return wait('operator', 'paused before the first step');
  if (first?.approval && !state.approvedSteps.includes(0)) {
    return wait('approval', `waits for approval of its first step (${percent(first.weight)})`);
  }
  if (state.killed !== undefined)
    return wait('kill_switch', `waits for the environment's kill switch (${state.killed.text})`);
  if (state.blackoutUntilMs !== null)
    return wait('blackout', `waits for a blackout to end at ${iso(state.blackoutUntilMs)}`);
  return write(state, {
    action: 'rollout.start',
    weight: first?.weight ?? 0,
    step: 0,
    ...evidenceOfStart(state),
    reason: `started at ${percent(first?.weight ?? 0)}${state.shaped === undefined ? '' : `; ${state.shaped}`}`,
  });
}

/** Trouble of the source itself: then nobody knows whether all is calm. */
const SOURCE_TROUBLE: readonly string[] = ['source_down', 'label_missing', 'too_many_users'];

/**
 * Whether nothing speaks against raising from weight 0, where the candidate's silence is no finding, but that of the
 * source is.
 */
function calm(state: RolloutState): boolean {
  const finding = openFinding(state);
  if (finding === null) return true;
  return finding.code === 'NO_DATA' && !SOURCE_TROUBLE.includes(state.lastLook?.dataQuality ?? '');
}

/** Acts on the judge's verdict, promotion aside: roll back, exclude the segments that alone are harmed, narrow. */
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
  const harmed = (look.exclude ?? []).filter((segment) => !state.excludedSegments.includes(segment));
  if (harmed.length > 0) {
    return write(state, {
      action: 'rollout.exclude',
      weight: state.weight,
      step: state.step,
      excludedSegments: [...state.excludedSegments, ...harmed],
      lowering: true,
      reason: `excluded ${harmed.join(', ')}: ${because}`,
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
  const { weight } = targetOf(state, plan);
  const unapproved = plan.steps[unapprovedBelow(state, plan, weight)];
  if (unapproved !== undefined) return wait('approval', `waits for approval of ${percent(unapproved.weight)}`);
  if (state.blackoutUntilMs !== null)
    return wait('blackout', `ready to go on; waits for a blackout to end at ${iso(state.blackoutUntilMs)}`);
  return raise(state, plan, { reason });
}

/**
 * Everybody is served: goes back to the last weight that was judged on an alarm, if the plan says so; completes when
 * the watch is over.
 */
function watch(state: RolloutState, plan: RolloutPlan, lookIsFresh: boolean): Decision {
  const seen = lookIsFresh ? state.lastLook?.watch : undefined;
  if (seen?.alarm === true && plan.watch?.onAlarm === 'step_back') {
    const weight = state.judgedWeight ?? narrowTarget(state, { ...plan, narrowBy: 'step' }).weight;
    return write(state, {
      action: 'rollout.narrow',
      weight,
      step: Math.max(plan.steps.filter((step) => step.weight <= weight).length - 1, 0),
      lowering: true,
      reason: `${seen.metric} has stopped to be as before since everybody is served; back to the last judged weight`,
    });
  }
  if (!lookIsFresh || state.bakedMs < owedBakeMs(state, plan))
    return wait('bake', 'everybody is served; watched before completion');
  return raise(state, plan, {
    reason:
      seen?.alarm === true
        ? 'the watch is over, with an alarm that people were told of'
        : 'the watch is over, without an alarm',
  });
}

/** What an undecided rollout does once it has baked long enough. */
function undecided(state: RolloutState, plan: RolloutPlan): Decision {
  const why =
    state.lastLook?.reasons.find(({ code }) => code !== 'BAKE_NOT_SERVED')?.text ??
    'the evidence does not allow it yet';
  const bakeMs = owedBakeMs(state, plan);
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
    if (targetOf(state, plan).weight <= continueTo) {
      const reason = `inconclusive after ${plan.inconclusiveAfterBakes} bakes, and the plan goes on up to ${percent(continueTo)}`;
      return gated(state, plan, reason);
    }
  }
  return wait('data', `inconclusive after ${plan.inconclusiveAfterBakes} bakes; holds: ${why}`);
}

/**
 * The next thing to do, from the state alone. Order of precedence: a lowering or end asked for by people, a lapse to
 * record, the environment's kill switch, the judge's rollback or narrowing, other requests, then the plan. Pure:
 * everything it needs to know stands in the state.
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
      reason: `the lease had lapsed at ${iso(state.lapsedAtMs)}; goes on at ${percent(weight)}`,
    });
  }
  const held = underKillSwitch(state, plan);
  if (held !== null) return held;
  const heeded = lookIsFresh ? heed(state, plan) : null;
  const forced = state.intents.find((intent) => intent.kind === 'promote' && intent.force);
  if (heeded !== null && forced === undefined) return heeded;
  const asked = state.intents[0];
  if (asked !== undefined) return obey(state, plan, forced ?? asked);
  if (state.phase === 'paused') return wait('operator', `paused: ${state.pause?.text ?? 'by request'}`);
  if (isWatching(state, plan)) return watch(state, plan, lookIsFresh);
  const bakeMs = owedBakeMs(state, plan);
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
