import { weakestSafety } from '../judge-boldly';
import type { JudgeState } from '../judge-state';
import type { Judged } from '../judge-metrics';
import { bakeMsOf, intervalMsOf, nextWeights, speedOf } from '../pace/adaptive-pace';
import { confidenceOf, failureLogOdds, UNKNOWN_FAILURE_PRIOR } from '../pace/confidence';
import type { AnalysisInput, FailureForecast, JudgePlan, PaceFinding, WatchFinding } from '../types';
import { findCrossings } from './crossings';
import { emptyCourse, followCourse, windowsOfEverybody } from './courses';
import { DEFAULT_FAILURE_FORECAST, emptyTrack, followFailure, type FailureEvidence } from './failure-forecast';
import { judgeRisk } from './judge-risk';
import type { Outlook, OutlookState } from './outlook';
import { followTogether } from './together';

/** What a look has found by itself. */
export interface Seen {
  readonly judge: JudgeState;
  readonly judged: Judged;
  /** The weight that safety was asked for. */
  readonly nextWeight: number;
}

/**
 * Weights that safety may be asked for at this look, the boldest first: those of the pace, or the one that the plan's
 * steps say.
 */
export function weightsToTry(state: OutlookState, { plan, context }: AnalysisInput): number[] {
  // Taken back to nobody, it begins at the first step again.
  if (plan.adaptive === undefined || context.weight === 0) return [context.nextWeight];
  const speed = state.confidence === null ? 'moderate' : speedOf(state.confidence);
  return nextWeights(context.weight, speed, plan.adaptive.completionWeight);
}

/** How long the weight is to be baked at this look. */
export function bakeToServe(state: OutlookState, { plan, context }: AnalysisInput, windowMs: number): number {
  if (plan.adaptive === undefined || state.confidence === null) return context.bakeMs;
  return bakeMsOf(context.bakeMs, speedOf(state.confidence), windowMs);
}

/**
 * Looks ahead from what was seen: risk, confidence with its forecast, and pace. The state remembers confidence and
 * forecast, in place.
 */
export function lookAhead(state: OutlookState, input: AnalysisInput, seen: Seen): Outlook {
  const { plan } = input;
  const evidence = failureEvidence(input, seen);
  const confidence =
    evidence === null ? null : confidenceOf(failureLogOdds(evidence.prior, evidence.logHarm, evidence.logSafety));
  state.confidence = confidence;
  const failureForecast = evidence === null ? null : forecastOf(state, input, seen.judge, evidence);
  const pace = confidence === null ? null : paceOf(state, input, seen, confidence);
  const tracks = Object.entries(state.courses).map(([metric, { track }]) => [metric, track] as const);
  const anomalies = Object.fromEntries(tracks.flatMap(([metric, track]) => (track === null ? [] : [[metric, track]])));
  const risk = judgeRisk(seen.judge, plan, anomalies, state.together);
  const crossings = findCrossings(state, plan.metrics, input.context, seen.nextWeight);
  return { risk, confidence, failureForecast, pace, watch: watchOf(state, plan), crossings };
}

/** What is known of failure at this look: posterior odds are prior odds times evidence. Null when nobody asks. */
function failureEvidence(input: AnalysisInput, { judge, judged }: Seen): FailureEvidence | null {
  const { plan, failurePrior } = input;
  if (failurePrior === undefined && plan.adaptive === undefined) return null;
  const prior = Math.min(0.99, Math.max(0.01, failurePrior ?? UNKNOWN_FAILURE_PRIOR));
  return { prior, logHarm: judged.logHarm, logSafety: weakestSafety(judge, input) };
}

function forecastOf(
  state: OutlookState,
  { plan, context }: AnalysisInput,
  { lastWindowAt }: JudgeState,
  evidence: FailureEvidence,
): FailureForecast | null {
  if (state.failure?.transition !== context.transition) state.failure = emptyTrack(context.transition);
  return followFailure(state.failure, evidence, lastWindowAt, plan.failureForecast ?? DEFAULT_FAILURE_FORECAST);
}

/** Follows the new windows of everybody, and of each segment whose metrics are known to move together, in place. */
export function followAll(
  state: OutlookState,
  { plan, strata, baselines = {}, together = {} }: AnalysisInput,
  after: number | null,
): void {
  const windows = windowsOfEverybody(strata, after);
  const setting = { baselines, watchFrom: plan.watchFrom ?? null };
  for (const metric of plan.metrics) {
    const isOfUse = metric.factor !== undefined || baselines[metric.name] !== undefined || plan.watchFrom !== undefined;
    if (isOfUse) followCourse((state.courses[metric.name] ??= emptyCourse()), metric, windows, setting);
  }
  followTogether((state.together ??= {}), plan.metrics, strata, after, together);
}

/** The guardrail that differs most from its past; null while nobody looks on. */
function watchOf({ courses }: OutlookState, { metrics }: JudgePlan): WatchFinding | null {
  let most: WatchFinding | null = null;
  for (const { name, role } of metrics) {
    const watch = courses[name]?.watch ?? null;
    if (role !== 'guardrail' || watch === null) continue;
    const { evidence, alarm } = watch;
    if (most === null || Number(alarm) > Number(most.alarm) || (alarm === most.alarm && evidence > most.evidence)) {
      most = { metric: name, evidence, alarm };
    }
  }
  return most;
}

function paceOf(state: OutlookState, input: AnalysisInput, seen: Seen, confidence: number): PaceFinding | null {
  const { plan } = input;
  if (plan.adaptive === undefined) return null;
  const criticality = Math.max(0, seen.judged.logHarm / -Math.log(plan.falseRollbackRate));
  return {
    speed: speedOf(confidence),
    nextWeight: seen.nextWeight,
    bakeMs: bakeToServe(state, input, seen.judge.windowMs),
    intervalMs: intervalMsOf(plan.adaptive.look, criticality, confidence),
  };
}
