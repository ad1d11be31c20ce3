import { analyse } from '../../analysis/analyse';
import {
  Verdict,
  type AnalysisReason,
  type AnalysisState,
  type JudgePlan,
  type StepContext,
} from '../../analysis/types';
import type { RolloutPlan } from '../../flags/plan/plan';
import {
  minuteStartAt,
  MINUTE_MS,
  type RecordedTrace,
  type RecordingQuality,
} from '../../metrics/recorded/recorded-strata';
import { JUDGE_AFTER_MS, type Stratum } from '../../metrics/windows';

/** After so many minutes without a line the judge is asked no more until there is one. */
const LONGEST_GAP_MINUTES = 1440;

/**
 * What the judge decided on one recorded trace. Minutes count from 0, as recorded: a decision at minute 17 has seen
 * minute 17.
 */
export interface TraceDecision {
  readonly trace_id: string;
  readonly rollback_minute: number | null;
  /** First minute after which the next weight would have been served. */
  readonly promote_minute: number | null;
  /** First minute after which the judge would have stepped back without rolling back. */
  readonly narrow_minute: number | null;
  readonly looks: number;
  /** Requests the candidate served, up to and with the minute of the rollback, and errors among them. */
  readonly exposed_requests: number;
  readonly bad_requests: number;
  readonly reasons: readonly AnalysisReason[];
  readonly quality: RecordingQuality;
}

/** Of a plan, what judging a trace takes. */
export type TracePlan = JudgePlan & Pick<RolloutPlan, 'steps'>;

/**
 * Judges a recorded trace as a live rollout would have been: one look after each minute, that sees this minute and
 * those before. The trace's own weights are what was served; the plan says which weight would have been next and how
 * long a step bakes.
 */
export function judgeTrace(plan: TracePlan, trace: RecordedTrace): TraceDecision {
  let state: AnalysisState | null = null;
  let rollback: number | null = null;
  let promote: number | null = null;
  let narrow: number | null = null;
  let looks = 0;
  let exposed = 0;
  let bad = 0;
  let reasons: readonly AnalysisReason[] = [];
  let standing: Standing | null = null;
  for (const minute of minutesOf(trace)) {
    const stratum = trace.strata.get(minute);
    standing = advance(standing, stratum, minute);
    const { request } = stratum?.candidate.events ?? {};
    exposed += Math.max(request?.count ?? 0, request?.valueCount ?? 0);
    bad += request?.errors ?? 0;
    const nowMs = minuteStartAt(minute) + MINUTE_MS + JUDGE_AFTER_MS;
    const result = analyse({
      plan,
      context: contextOf(plan, standing, nowMs - JUDGE_AFTER_MS),
      strata: stratum === undefined ? [] : [stratum],
      state,
      sourceDown: false,
      nowMs,
    });
    looks += 1;
    state = result.state;
    reasons = result.analysis.reasons;
    const { verdict } = result.analysis;
    if (verdict === Verdict.Promote) promote ??= minute;
    if (verdict === Verdict.Narrow) narrow ??= minute;
    if (verdict === Verdict.Rollback) {
      rollback = minute;
      break;
    }
  }
  return {
    trace_id: trace.traceId,
    rollback_minute: rollback,
    promote_minute: promote,
    narrow_minute: narrow,
    looks,
    exposed_requests: exposed,
    bad_requests: bad,
    reasons,
    quality: trace.quality,
  };
}

/** What is being served, and since when. */
interface Standing {
  readonly weight: number;
  readonly transition: number;
  readonly sinceMs: number;
  readonly raisedMs: number;
}

function advance(before: Standing | null, stratum: Stratum | undefined, minute: number): Standing {
  const startMs = minuteStartAt(minute);
  if (before !== null && (stratum === undefined || stratum.transition === before.transition)) return before;
  const weight = stratum?.weight ?? 0;
  const isRaise = before === null || weight > before.weight;
  const raisedMs = isRaise ? startMs : before.raisedMs;
  return { weight, transition: stratum?.transition ?? 1, sinceMs: startMs, raisedMs };
}

function contextOf({ steps }: TracePlan, standing: Standing, judgedMs: number): StepContext {
  const next = steps.findIndex(({ weight }) => weight > standing.weight);
  const step = Math.max(0, (next < 0 ? steps.length : next) - 1);
  return {
    step,
    weight: standing.weight,
    nextWeight: steps[next]?.weight ?? 100,
    transition: standing.transition,
    stepStartedAt: standing.sinceMs,
    raisedAt: standing.raisedMs,
    bakeMs: steps[step]?.bakeMs ?? 0,
    bakedMs: judgedMs - standing.sinceMs,
    safetyEpoch: 0,
    harmEpoch: 0,
  };
}

function* minutesOf({ firstMinute, strata }: RecordedTrace): Generator<number> {
  let next = firstMinute;
  for (const minute of strata.keys()) {
    for (const end = Math.min(minute, next + LONGEST_GAP_MINUTES); next < end; next++) yield next;
    yield minute;
    next = minute + 1;
  }
}
