import type { Metric } from '../../flags/plan/metric';
import { ALL_USERS, type Stratum } from '../../metrics/windows';
import { armSample } from '../arm-sample';
import { addToEvidence, restartRecent } from '../metric-evidence';
import type { ArmPair } from '../tally';
import type { JudgePlan } from '../types';
import { emptySums, memoryOf, type ArmSums, type SegmentsState } from './segment-state';

/** Which strata count. */
export interface SegmentBounds {
  /** Windows that start at or before this were judged already; null when none was. */
  readonly afterWindowAt: number | null;
  /** Strata of earlier transitions belong to a candidate with another value. */
  readonly fromTransition: number;
}

/**
 * Adds what is new of the plan's segments to their state, in place, window by window as for everybody, so that one at a time or all at once gives the
 * same numbers. O(windows × segments × metrics × cells).
 */
export function absorbSegments(
  state: SegmentsState,
  strata: readonly Stratum[],
  plan: JudgePlan,
  { afterWindowAt, fromTransition }: SegmentBounds,
): void {
  const known = new Set([ALL_USERS, ...(plan.segments ?? [])]);
  const fresh = strata
    .filter(({ segment, windowStartAt, transition }) => {
      const isNew = afterWindowAt === null || windowStartAt > afterWindowAt;
      return isNew && transition >= fromTransition && known.has(segment);
    })
    .sort((a, b) => a.windowStartAt - b.windowStartAt || a.transition - b.transition);
  for (let from = 0; from < fresh.length;) {
    const start = (fresh[from] as Stratum).windowStartAt;
    let to = from + 1;
    while (to < fresh.length && (fresh[to] as Stratum).windowStartAt === start) to += 1;
    absorbWindow(state, fresh.slice(from, to), plan.metrics);
    from = to;
  }
}

function absorbWindow(state: SegmentsState, window: readonly Stratum[], metrics: readonly Metric[]): void {
  const bySegment = groupBySegment(window);
  const weight = Math.max(...window.map((stratum) => stratum.weight));
  const isRaised = weight > state.lastWeight;
  state.lastWeight = weight;
  for (const { transition } of window) if (transition > state.transition) startTransition(state, transition);
  for (const [segment, strata] of bySegment) {
    if (segment === ALL_USERS) {
      for (const metric of metrics) {
        const sums = (state.everybody[metric.name] ??= emptySums());
        for (const stratum of strata) addSums(sums, stratum, pairOf(metric, stratum), state.transition);
      }
      continue;
    }
    const memory = memoryOf(state, segment, metrics);
    if (memory.excludedAt !== null) continue;
    for (const metric of metrics) {
      const seen = memory.metrics[metric.name];
      if (seen === undefined) continue;
      if (isRaised) restartRecent(seen.evidence, metric);
      const pairs = strata.map((stratum) => pairOf(metric, stratum));
      addToEvidence(seen.evidence, metric, { forHarm: pairs, forSafety: [] });
      for (const [index, stratum] of strata.entries()) {
        addSums(seen.sums, stratum, pairs[index] as ArmPair, state.transition);
      }
    }
  }
}

function groupBySegment(window: readonly Stratum[]): Map<string, Stratum[]> {
  const groups = new Map<string, Stratum[]>();
  for (const stratum of window) {
    const group = groups.get(stratum.segment);
    if (group === undefined) groups.set(stratum.segment, [stratum]);
    else group.push(stratum);
  }
  return groups;
}

function startTransition(state: SegmentsState, transition: number): void {
  state.transition = transition;
  for (const sums of Object.values(state.everybody)) Object.assign(sums, emptySums());
  for (const { metrics } of Object.values(state.segments)) {
    for (const { sums } of Object.values(metrics)) Object.assign(sums, emptySums());
  }
}

function pairOf(metric: Metric, { candidate, control }: Stratum): ArmPair {
  return { candidate: armSample(metric, candidate), control: armSample(metric, control) };
}

function addSums(sums: ArmSums, { transition }: Stratum, { candidate, control }: ArmPair, current: number): void {
  if (transition !== current) return;
  sums.candidateUnits += candidate.units;
  sums.candidateSum += candidate.sum;
  sums.controlUnits += control.units;
  sums.controlSum += control.sum;
}
