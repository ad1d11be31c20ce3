import type { Metric } from '../flags/plan/metric';
import type { RolloutPlan } from '../flags/plan/plan';
import { documentId } from '../flags/document/identifiers';
import type { PrometheusMetricSource } from '../metrics/prometheus/prometheus-source';
import { readTotals } from '../metrics/sparse-totals';
import { JUDGE_AFTER_MS, type ArmTotals } from '../metrics/windows';
import type { DecisionsRepository } from '../store/decisions-repository';
import type { WindowsRepository } from '../store/windows-repository';
import type { RolloutRef } from './rollout-activities';

/** One arm of one window of an ended rollout. */
export interface LearnableWindow {
  readonly windowStart: number;
  readonly transition: number;
  readonly arm: 'control' | 'candidate';
  readonly segment: string;
  readonly totals: ArmTotals;
}

/** An ended rollout whose windows are to be learned from. */
export interface EndedRollout extends RolloutRef {
  readonly control: string;
  readonly candidate: string;
  readonly plan: RolloutPlan;
}

/** Where the windows of an ended rollout still are. */
export interface WindowSources {
  readonly windows: Pick<WindowsRepository, 'readCompacted'>;
  readonly decisions: Pick<DecisionsRepository, 'byRollout'>;
  readonly prometheus?: PrometheusMetricSource | undefined;
}

/** How much of a rollout is asked for again: its last two days teach the hours of a day twice. */
const LONGEST_MS = 48 * 3_600_000;
/** A source answers for half an hour at most in one go. */
const STRIDE_MS = 20 * 60_000;
/** Shorter windows are joined: what is usual is learned by the hour. */
const SHORTEST_WINDOW_MS = 60_000;

/** Windows of the metrics that services report to Headgate, as they were compacted. */
export async function ownWindows({ windows }: WindowSources, { rolloutId }: RolloutRef): Promise<LearnableWindow[]> {
  const compacted = await windows.readCompacted(rolloutId);
  return (compacted?.windows ?? []).map(({ windowStart, transition, variant, segment, totals }) => ({
    windowStart,
    transition,
    arm: variant === compacted?.control ? 'control' : 'candidate',
    segment,
    totals: readTotals(totals),
  }));
}

/**
 * Windows of the metrics that are read from Prometheus, of the last two days of the rollout: Headgate keeps none of
 * them, so they are asked for once more. A source that does not answer teaches nothing, and holds nobody up.
 */
export async function prometheusWindows(
  { decisions, prometheus }: WindowSources,
  { rolloutId, environment, flagKey, control, candidate, plan }: EndedRollout,
): Promise<LearnableWindow[]> {
  const metrics: Metric[] = plan.metrics.filter((metric) => metric.prometheus !== undefined);
  const records = await decisions.byRollout(rolloutId);
  const instants = records.flatMap(({ transition, at }) => (transition === undefined ? [] : [Date.parse(at)]));
  if (prometheus === undefined || metrics.length === 0 || instants.length < 2) return [];
  const weights = Object.fromEntries(
    records.flatMap(({ transition }) => (transition === undefined ? [] : [[String(transition), 0] as const])),
  );
  const endedAtMs = Math.max(...instants);
  const query = {
    flagId: documentId(environment, flagKey),
    rolloutId,
    control,
    candidate,
    windowMs: Math.max(plan.windowMs, SHORTEST_WINDOW_MS),
    segments: plan.segments,
    metrics,
    weights,
  };
  const learnable: LearnableWindow[] = [];
  for (let fromMs = Math.max(Math.min(...instants), endedAtMs - LONGEST_MS); fromMs < endedAtMs; fromMs += STRIDE_MS) {
    const nowMs = Math.min(fromMs + STRIDE_MS, endedAtMs) + JUDGE_AFTER_MS + prometheus.delayMs(metrics);
    const { strata, trouble } = await prometheus.fetch({ ...query, fromMs, nowMs });
    if (trouble?.quality === 'source_down') return learnable;
    for (const { windowStartAt: windowStart, transition, segment, ...arms } of strata) {
      for (const arm of ['control', 'candidate'] as const) {
        learnable.push({ windowStart, transition, arm, segment, totals: arms[arm] });
      }
    }
  }
  return learnable;
}
