import type { Metric } from '../../flags/plan/metric';
import { harmSign } from '../arm-sample';
import type { JudgePlan } from '../types';
import { emptySums, type ArmSums, type SegmentsState } from './segment-state';

/** A harm in the rest of at most this part of the segments' own counts as none. */
const SMALL_PART = 0.25;

/**
 * Whether the harm is in these segments alone: everybody else, under the present transition, is within each guardrail's
 * margin, and not harmed by more than a quarter of what the segments are. 'No' while either side has too few units to
 * say, and when the segments overlap so much that nothing is left: then the whole rollout is judged as one.
 */
export function isHarmConcentrated(
  state: SegmentsState,
  segments: readonly string[],
  plan: Pick<JudgePlan, 'metrics' | 'minimumSample'>,
): boolean {
  const guardrails = plan.metrics.filter(({ role }) => role === 'guardrail');
  return segments.length > 0 && guardrails.every((metric) => isRestCalm(state, segments, metric, plan.minimumSample));
}

/** How much of the candidate's audience these segments are, by the guardrail that says most: 0–1. */
export function shareOfAudience(state: SegmentsState, segments: readonly string[], metrics: readonly Metric[]): number {
  const shares = metrics.map(({ name }) => {
    const all = state.everybody[name]?.candidateUnits ?? 0;
    return all > 0 ? sumsOver(state, segments, name).candidateUnits / all : 0;
  });
  return Math.min(1, Math.max(0, ...shares));
}

function isRestCalm(state: SegmentsState, segments: readonly string[], metric: Metric, minimumSample: number): boolean {
  const all = state.everybody[metric.name];
  if (all === undefined) return false;
  const inside = sumsOver(state, segments, metric.name);
  const rest: ArmSums = {
    candidateUnits: all.candidateUnits - inside.candidateUnits,
    candidateSum: all.candidateSum - inside.candidateSum,
    controlUnits: all.controlUnits - inside.controlUnits,
    controlSum: all.controlSum - inside.controlSum,
  };
  if (Math.min(rest.candidateUnits, rest.controlUnits) < minimumSample) return false;
  const outsideHarm = harmOf(rest, metric);
  if (outsideHarm <= 0) return true;
  const margin = metric.margin.absolute + metric.margin.relative * Math.abs(rest.controlSum / rest.controlUnits);
  const insideHarm = Math.min(inside.candidateUnits, inside.controlUnits) > 0 ? harmOf(inside, metric) : 0;
  return outsideHarm <= margin && (insideHarm <= margin || outsideHarm <= SMALL_PART * insideHarm);
}

function harmOf({ candidateUnits, candidateSum, controlUnits, controlSum }: ArmSums, metric: Metric): number {
  return harmSign(metric) * (candidateSum / candidateUnits - controlSum / controlUnits);
}

function sumsOver(state: SegmentsState, segments: readonly string[], metric: string): ArmSums {
  const total = emptySums();
  for (const segment of segments) {
    const sums = state.segments[segment]?.sums[metric];
    if (sums === undefined) continue;
    total.candidateUnits += sums.candidateUnits;
    total.candidateSum += sums.candidateSum;
    total.controlUnits += sums.controlUnits;
    total.controlSum += sums.controlSum;
  }
  return total;
}
