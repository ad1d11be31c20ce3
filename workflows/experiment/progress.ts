import type { LookedExperiment, PreparedExperiment } from '../../activities/experiment-activities';
import type { LeaseRenewal, TransitionResult } from '../../activities/rollout-activities';
import type { ExperimentPlan } from '../../flags/experiment/experiment-plan';
import { nextInterval } from '../rollout/progress';
import type { Killed } from '../rollout/state';
import { withLine, withoutWish, type ExperimentState, type PlannedWrite } from './state';
import type { ExperimentOutcome } from './status';

/** The state once the flag has been looked at before a start or a new beginning. */
export function afterPreparing(
  state: ExperimentState,
  { control, basis, killed }: Extract<PreparedExperiment, { kind: 'ready' }>,
): ExperimentState {
  const { killed: _, ...rest } = state;
  return { ...rest, control, basis, ...(killed === undefined ? {} : { killed }) };
}

/** The state once a write stands on the flag. A start and a new beginning compare from then on. */
export function afterWrite(
  state: ExperimentState,
  plan: ExperimentPlan,
  planned: PlannedWrite,
  number: number,
  nowMs: number,
): ExperimentState {
  const { action: what, reason: text, end, conclusion } = planned;
  const line = { at: new Date(nowMs).toISOString(), what, text, transition: number };
  const told = { ...withLine(withoutWish(state, planned.wish), line), transition: number };
  if (end !== null) return { ...told, phase: end, waitingFor: null, summary: text, conclusion };
  const { releasedFrom: _r, judgeFromMs, ...standing } = told;
  const goesOn: ExperimentState = {
    ...standing,
    ...(judgeFromMs === undefined ? {} : { judgeFromMs }),
    leasedAtMs: nowMs,
    lapsedAtMs: null,
    lookIntervalMs: plan.base.look.shortestMs,
  };
  if (!planned.guarded) return goesOn;
  const { judgeFromMs: _j, ...anew } = goesOn;
  return {
    ...anew,
    phase: 'running',
    waitingFor: null,
    pause: null,
    comparedFromMs: nowMs,
    epoch: state.epoch + 1,
    ranMs: 0,
    lastLook: null,
  };
}

/** The state after a write that did not land. */
export function afterRefusedWrite(
  state: ExperimentState,
  planned: PlannedWrite,
  result: Exclude<TransitionResult, { kind: 'applied' | 'already' }>,
): ExperimentState {
  const rest = withoutWish(state, planned.wish);
  const at = new Date(result.nowMs).toISOString();
  switch (result.kind) {
    case 'conflict':
      // Before the start there is nothing to pause: the flag is looked at again.
      return state.transition === 0 ? { ...rest, basis: null } : pausedByEdit(rest, result.diff, at);
    case 'killed':
      return heldBy(rest, result.killed, at);
    case 'overtaken':
      // Only a copy of our own past could do this: numbers come from this workflow alone.
      return { ...rest, lastNumber: Math.max(state.lastNumber, result.standing) };
    case 'gone':
      return endedBy(rest, endOf(result.lastAction) ?? 'aborted', result.why, at);
  }
}

/** How an experiment ended by the action of its last record; null where that was no end. */
function endOf(action: string | undefined): ExperimentOutcome | null {
  if (action === 'experiment.conclude') return 'concluded';
  return action === 'experiment.stop' ? 'stopped' : null;
}

/** The state once somebody else took the block off the flag. */
function endedBy(state: ExperimentState, phase: ExperimentOutcome, why: string, at: string): ExperimentState {
  const summary = `ended: ${why}`;
  return withLine({ ...state, phase, waitingFor: null, summary }, { at, what: 'gone', text: why });
}

function pausedByEdit(state: ExperimentState, diff: string, at: string): ExperimentState {
  if (state.pause?.cause === 'conflicting_edit' && state.pause.text === diff) return state;
  const pause = { cause: 'conflicting_edit' as const, text: diff };
  const text = `the flag was edited: ${diff}`;
  return withLine({ ...state, phase: 'paused', waitingFor: 'operator', pause }, { at, what: 'conflict', text });
}

function heldBy(state: ExperimentState, killed: Killed, at: string): ExperimentState {
  const { releasedFrom: _, ...rest } = state;
  if (state.killed?.sinceMs === killed.sinceMs) return rest;
  return withLine({ ...rest, killed }, { at, what: 'kill_switch', text: killed.text });
}

/** The state after a lease renewal: only time under lease, and not under the kill switch, counts. */
export function afterLease(state: ExperimentState, renewal: LeaseRenewal): ExperimentState {
  const upToMs = renewal.kind === 'lapsed' ? renewal.lapsedAtMs : renewal.nowMs;
  const isServed = state.leasedAtMs !== null && state.killed === undefined;
  const ranMs = state.ranMs + (isServed ? Math.max(0, upToMs - (state.leasedAtMs ?? upToMs)) : 0);
  if (renewal.kind === 'renewed') return { ...state, ranMs, leasedAtMs: renewal.nowMs };
  return { ...state, ranMs, leasedAtMs: null, lapsedAtMs: upToMs };
}

/** The state after a look. `nowMs` is workflow time, on which timers run; the look's own instants are the database's. */
export function afterLook(
  state: ExperimentState,
  plan: ExperimentPlan,
  result: LookedExperiment,
  nowMs: number,
): ExperimentState {
  const at = new Date(result.nowMs).toISOString();
  if (result.flag.standing === 'gone') return endedBy(state, 'aborted', result.flag.detail, at);
  let next: ExperimentState = result.look === null ? state : { ...state, lastLook: result.look };
  if (result.killed !== undefined) next = heldBy(next, result.killed, at);
  else if (next.killed !== undefined) {
    const { killed, ...rest } = next;
    next = { ...rest, releasedFrom: killed, judgeFromMs: result.nowMs };
  }
  if (result.flag.conflict !== null) next = pausedByEdit(next, result.flag.conflict, at);
  const { base, durationMs } = plan;
  const intervalMs = nextInterval(base, state.lookIntervalMs, result.look?.tension ?? 0);
  // Never sleeps past its planned end by more than the shortest interval.
  const leftMs = Math.max(durationMs - next.ranMs, base.look.shortestMs);
  const untilMs = next.ranMs >= durationMs ? intervalMs : Math.min(intervalMs, leftMs);
  return { ...next, lookIntervalMs: intervalMs, nextLookAtMs: nowMs + untilMs };
}
