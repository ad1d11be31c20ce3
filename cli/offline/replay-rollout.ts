import { analyse } from '../../analysis/analyse';
import { Verdict, type Analysis, type AnalysisState, type StepContext } from '../../analysis/types';
import { readStrata } from '../../metrics/read-strata';
import { JUDGE_AFTER_MS, type Stratum } from '../../metrics/windows';
import type { ObservationsAnswer, RecordedTransition } from '../api/answers';
import type { TracePlan } from './judge-trace';

/** One look of a replay. */
export interface ReplayedLook {
  /** End of the last window it saw, in milliseconds since the Unix epoch. */
  readonly seenUntilMs: number;
  /** Percent that was served then. */
  readonly weight: number;
  /** The strata that were new to it, those of everybody and of segments. */
  readonly strata: readonly Stratum[];
  readonly analysis: Analysis;
}

/** What a policy would have done with a recorded rollout. */
export interface Replay {
  readonly looks: readonly ReplayedLook[];
  /** Index of the first look with this verdict, or null. */
  readonly rollbackLook: number | null;
  readonly promoteLook: number | null;
  readonly narrowLook: number | null;
}

/** Transitions after which the evidence of safety starts afresh. */
const NEW_POPULATION: readonly string[] = ['rollout.exclude', 'rollout.readmit'];

/**
 * Judges a recorded rollout again: a look after each recorded window, with the weights that were really served. It
 * cannot show what a slower policy would have seen later, since the recording ends with the rollout.
 *
 * @param plan - whose metrics, promises and steps count
 * @param untilRollback - ends at the first rollback, as a live one would
 */
export function replayRollout(recorded: ObservationsAnswer, plan: TracePlan, { untilRollback = true } = {}): Replay {
  const strata = strataOf(recorded);
  const looks: ReplayedLook[] = [];
  let state: AnalysisState | null = null;
  const first: Partial<Record<Verdict, number>> = {};
  for (const window of byWindow(strata)) {
    const seenUntilMs = window[0] === undefined ? 0 : window[0].windowStartAt + window[0].windowMs;
    const context = contextAt(recorded.transitions, plan, seenUntilMs);
    const input = { plan, context, strata: window, state, sourceDown: false, nowMs: seenUntilMs + JUDGE_AFTER_MS };
    const result = analyse(input);
    state = result.state;
    first[result.analysis.verdict] ??= looks.length;
    looks.push({ seenUntilMs, weight: context.weight, strata: window, analysis: result.analysis });
    if (untilRollback && result.analysis.verdict === Verdict.Rollback) break;
  }
  return {
    looks,
    rollbackLook: first.rollback ?? null,
    promoteLook: first.promote ?? null,
    narrowLook: first.narrow ?? null,
  };
}

/** Strata of a recorded rollout, in time order. */
function strataOf({ control, candidate, transitions, windows }: ObservationsAnswer): Stratum[] {
  if (control === null) return [];
  const weights = Object.fromEntries(transitions.map(({ transition, weight }) => [String(transition), weight]));
  return readStrata(windows, { control, candidate, weights });
}

function byWindow(strata: readonly Stratum[]): Stratum[][] {
  const windows = new Map<number, Stratum[]>();
  for (const stratum of strata) {
    const window = windows.get(stratum.windowStartAt);
    if (window === undefined) windows.set(stratum.windowStartAt, [stratum]);
    else window.push(stratum);
  }
  return [...windows.values()];
}

function contextAt(transitions: readonly RecordedTransition[], { steps }: TracePlan, nowMs: number): StepContext {
  const past = transitions.filter(({ at }) => Date.parse(at) < nowMs);
  let weight = 0;
  let stepStartedAt = nowMs;
  let raisedAt = nowMs;
  let safetyEpoch = 0;
  for (const { at, action, weight: after } of past) {
    if (NEW_POPULATION.includes(action)) safetyEpoch += 1;
    if (after === weight) continue;
    stepStartedAt = Date.parse(at);
    if (after > weight) raisedAt = stepStartedAt;
    weight = after;
  }
  const next = steps.findIndex((step) => step.weight > weight);
  const step = Math.max(0, (next < 0 ? steps.length : next) - 1);
  return {
    step,
    weight,
    nextWeight: steps[next]?.weight ?? 100,
    transition: past[past.length - 1]?.transition ?? 0,
    stepStartedAt,
    raisedAt,
    bakeMs: steps[step]?.bakeMs ?? 0,
    bakedMs: nowMs - stepStartedAt,
    safetyEpoch,
    harmEpoch: 0,
  };
}
