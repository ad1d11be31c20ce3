import type { LeaseRenewal, LookResult, TransitionResult } from '../../activities/rollout-activities';
import { leasedMs } from '../../core/leased-time';
import type { RolloutPlan } from '../../flags/plan/plan';
import type { Actor } from '../../flags/document/decision-record';
import { owedBakeMs, paceOf } from './target';
import { withEntry, type Intent, type PlannedTransition, type RolloutState } from './state';
import { isTerminal, type RolloutPhase } from './status';
import { mayRaiseAgain } from './decide';
import { heldBy, releasedState } from './killed';

/** Weights of this many transitions are remembered; older ones are long past being stamped. */
const REMEMBERED_WEIGHTS = 100;

/** Phase after a write that does not end the rollout. */
function phaseAfter(state: RolloutState, planned: PlannedTransition): RolloutPhase {
  if (state.phase === 'paused') return 'paused';
  if (planned.action === 'rollout.narrow') return mayRaiseAgain(state) ? 'narrowed' : 'paused';
  if (state.phase === 'narrowed' && planned.action !== 'rollout.raise') return 'narrowed';
  return 'progressing';
}

/** The state once a transition stands on the flag. Evidence of safety starts afresh where the audience changed. */
export function afterWrite(
  state: RolloutState,
  plan: RolloutPlan,
  planned: PlannedTransition,
  number: number,
  nowMs: number,
): RolloutState {
  const at = new Date(nowMs).toISOString();
  const { releasedFrom, ...settled } = state;
  const standing = releasedFrom === undefined || planned.action === 'rollout.released' ? settled : state;
  const told = withEntry(standing, {
    at,
    what: planned.action,
    text: planned.reason,
    transition: number,
    weight: planned.weight,
  });
  const intents = state.intents.filter((intent) => intent !== planned.intent);
  if (planned.outcome !== null) {
    const { weight } = planned;
    return {
      ...told,
      intents,
      phase: planned.outcome,
      waitingFor: null,
      summary: planned.reason,
      weight,
      transition: number,
    };
  }
  const phase = phaseAfter(state, planned);
  const audienceChanged = planned.action === 'rollout.exclude' || planned.action === 'rollout.readmit';
  const goesOn = planned.action === 'rollout.lapsed' || planned.action === 'rollout.released';
  const weightChanged = planned.weight !== state.weight || goesOn;
  const raised = planned.weight > state.weight;
  const forced = planned.intent?.kind === 'promote' && planned.intent.force;
  const weights = Object.entries<number>({ ...state.weights, [number]: planned.weight }).slice(-REMEMBERED_WEIGHTS);
  return {
    ...told,
    intents,
    phase,
    pause:
      phase === 'paused' && state.phase !== 'paused'
        ? { cause: 'narrowed_repeatedly', text: `narrowed again: ${planned.reason}` }
        : state.pause,
    step: planned.step,
    weight: planned.weight,
    transition: number,
    weights: Object.fromEntries(weights),
    excludedSegments: planned.excludedSegments,
    ...judgedExclusions(state, planned),
    ...(plan.watch !== undefined && raised && planned.step >= plan.steps.length ? { judgedWeight: state.weight } : {}),
    stepStartedAtMs: weightChanged ? nowMs : state.stepStartedAtMs,
    raisedAtMs: raised || planned.action === 'rollout.released' ? nowMs : state.raisedAtMs,
    bakedMs: weightChanged ? 0 : state.bakedMs,
    leasedAtMs: nowMs,
    safetyEpoch:
      audienceChanged || forced || planned.action === 'rollout.released' ? state.safetyEpoch + 1 : state.safetyEpoch,
    harmEpoch: forced ? state.harmEpoch + 1 : state.harmEpoch,
    raisesAfterNarrow:
      state.phase === 'narrowed' && planned.action === 'rollout.raise'
        ? state.raisesAfterNarrow + 1
        : state.raisesAfterNarrow,
    lapsedAtMs: planned.action === 'rollout.lapsed' ? null : state.lapsedAtMs,
    notApplied: [],
    inconclusiveToldAtStep: weightChanged ? null : state.inconclusiveToldAtStep,
    lookIntervalMs: weightChanged ? plan.look.shortestMs : state.lookIntervalMs,
  };
}

/** Who the judge has excluded, after a write; nothing as long as it never has. */
function judgedExclusions(state: RolloutState, planned: PlannedTransition): Pick<RolloutState, 'judgedExclusions'> {
  const byJudge = planned.action === 'rollout.exclude' && planned.intent === null;
  if (!byJudge && state.judgedExclusions === undefined) return {};
  const added = planned.excludedSegments.filter((segment) => byJudge && !state.excludedSegments.includes(segment));
  const standing = (state.judgedExclusions ?? []).filter((segment) => planned.excludedSegments.includes(segment));
  return { judgedExclusions: [...standing, ...added] };
}

/**
 * The state after a write that did not happen. A raise that met an edit pauses with the difference; nothing is retried
 * blindly.
 */
export function afterRefusedWrite(
  state: RolloutState,
  planned: PlannedTransition,
  result: Exclude<TransitionResult, { kind: 'applied' | 'already' }>,
): RolloutState {
  const intents = state.intents.filter((intent) => intent !== planned.intent);
  const at = new Date(result.nowMs).toISOString();
  switch (result.kind) {
    case 'conflict':
      return pausedByEdit({ ...state, intents }, result.diff, at);
    case 'killed':
      return heldBy({ ...state, intents }, result.killed, at);
    case 'overtaken':
      // Only a copy of our own past could do this: numbers come from this workflow alone. Go on from what stands.
      return { ...state, intents, lastNumber: Math.max(state.lastNumber, result.standing) };
    case 'gone': {
      // An end that was overtaken may have landed after all: then that is how it ended. Otherwise somebody took the block away.
      const asked = planned.outcome !== null && planned.outcome !== 'completed' ? planned.outcome : 'aborted';
      const phase = result.outcome ?? asked;
      const weight = phase === 'completed' ? 100 : 0;
      const ended = { ...state, intents, phase, waitingFor: null, weight };
      // Before the first step there was nothing to take off the flag.
      const summary =
        state.step < 0 && endedAsAsked(ended, planned)
          ? `${phase} before its first step: ${planned.reason}`
          : `ended: ${result.why}`;
      return withEntry({ ...ended, summary }, { at, what: 'gone', text: result.why });
    }
  }
}

/**
 * Whether a write that found no block of the rollout's own on the flag was to end it, and so it has ended: the wish is
 * fulfilled.
 */
export function endedAsAsked({ phase }: Pick<RolloutState, 'phase'>, { intent }: PlannedTransition): boolean {
  return intent?.kind === 'end' && phase === intent.outcome;
}

/** Whom the judge excluded for what the candidate was is taken back in once it is something else. */
function readmitted({ intents, judgedExclusions = [] }: RolloutState): Pick<RolloutState, 'intents'> {
  const actor: Actor = { kind: 'workflow', name: 'rollout', verified: true };
  const reason = "readmitted: the candidate's value was changed";
  const asked = judgedExclusions.map((segment): Intent => ({ kind: 'readmit', segment, reason, actor }));
  return { intents: [...intents, ...asked] };
}

function pausedByEdit(state: RolloutState, diff: string, at: string): RolloutState {
  if (state.phase === 'paused' && state.pause?.cause === 'conflicting_edit' && state.pause.text === diff) return state;
  return withEntry(
    {
      ...state,
      phase: 'paused',
      waitingFor: 'operator',
      acceptEdit: false,
      pause: { cause: 'conflicting_edit', text: diff },
    },
    { at, what: 'conflict', text: `the flag was edited: ${diff}` },
  );
}

/** The state after a lease renewal: only leased time counts as bake. */
export function afterLease(state: RolloutState, renewal: LeaseRenewal): RolloutState {
  if (renewal.kind === 'renewed') {
    const servedMs = leasedMs(state.leasedAtMs, renewal.nowMs);
    return { ...state, bakedMs: state.bakedMs + servedMs, leasedAtMs: renewal.nowMs };
  }
  const lapsedAtMs = renewal.kind === 'lapsed' ? renewal.lapsedAtMs : renewal.nowMs;
  const servedMs = leasedMs(state.leasedAtMs, lapsedAtMs);
  return { ...state, bakedMs: state.bakedMs + servedMs, leasedAtMs: null, lapsedAtMs };
}

/** Next interval between looks: short after a raise and under tension, growing by half while calm. */
export function nextInterval(plan: RolloutPlan, intervalMs: number, tension: number): number {
  const { shortestMs, longestMs } = plan.look;
  const bound = shortestMs + (longestMs - shortestMs) * Math.max(0, 1 - 2 * tension);
  return Math.round(Math.min(Math.max(intervalMs * 1.25, shortestMs), bound));
}

/** The state after a look. `nowMs` is workflow time, on which timers run; the look's own instants are the database's. */
export function afterLook(state: RolloutState, plan: RolloutPlan, result: LookResult, nowMs: number): RolloutState {
  const { look, flag } = result;
  let next: RolloutState = {
    ...state,
    lastLook: look,
    looks: state.looks + 1,
    blackoutUntilMs: result.blackoutUntilMs,
    summary: look.reasons[0]?.text ?? look.verdict,
  };
  // Such a look judged nothing: the last one that did stays to be seen.
  if (result.killed !== undefined) next = heldBy({ ...next, lastLook: state.lastLook }, result.killed, look.at);
  else if (state.killed !== undefined) next = releasedState({ ...next, lastLook: state.lastLook }, result.nowMs);
  if (flag.standing === 'gone') {
    return withEntry(
      { ...next, phase: 'aborted', waitingFor: null, weight: 0, summary: `ended: ${flag.detail}` },
      { at: look.at, what: 'gone', text: flag.detail },
    );
  }
  if (flag.conflict !== null && state.acceptEdit && flag.basis !== null) {
    const valueChanged = flag.basis.candidateFingerprint !== state.basis?.candidateFingerprint;
    next = {
      ...next,
      acceptEdit: false,
      basis: flag.basis,
      control: flag.control ?? state.control,
      safetyEpoch: state.safetyEpoch + 1,
      harmEpoch: valueChanged ? state.harmEpoch + 1 : state.harmEpoch,
      ...(valueChanged ? readmitted(state) : {}),
    };
  } else if (flag.conflict !== null) {
    next = pausedByEdit(next, flag.conflict, look.at);
  } else {
    next = { ...next, acceptEdit: false };
  }
  const shortest = state.phase === 'narrowed' || look.verdict === 'narrow';
  // A pause is not hurried by an uncertainty that only a raise could end.
  const pace = next.phase === 'paused' ? null : paceOf(next, plan);
  const paced = pace?.intervalMs ?? nextInterval(plan, state.lookIntervalMs, look.tension);
  const intervalMs = shortest ? plan.look.shortestMs : paced;
  return { ...next, lookIntervalMs: intervalMs, nextLookAtMs: nowMs + untilNext(next, plan, intervalMs) };
}

/** Never sleeps past the end of the bake by more than the shortest interval. */
function untilNext(state: RolloutState, plan: RolloutPlan, intervalMs: number): number {
  const owedMs = owedBakeMs(state, plan) - state.bakedMs;
  return isTerminal(state.phase) || owedMs <= 0
    ? intervalMs
    : Math.min(intervalMs, Math.max(owedMs, plan.look.shortestMs));
}
