import type { Metric } from '../../flags/plan/metric';
import { ALL_USERS, type Stratum } from '../../metrics/windows';
import { armSample, harmSign } from '../arm-sample';
import { restartRecent } from '../metric-evidence';
import { addWindow, type ArmPair } from '../tally';
import type { JudgePlan } from '../types';
import { emptySums, memoryOf, type ArmSums, type SegmentMetric, type SegmentsState } from './segment-state';

/** Which strata count. */
export interface SegmentBounds {
  /** Windows that start at or before this were judged already; null when none was. */
  readonly afterWindowAt: number | null;
  /** Strata of earlier transitions belong to a candidate with another value. */
  readonly fromTransition: number;
}

/** Windows after which a segment's recent evidence starts afresh. Rarer than for everybody: a segment's windows hold less. */
const RECENT_WINDOWS = 240;

/** What is new of one segment, window by window, and what the windows say of all. */
interface NewWindow {
  readonly startAt: number;
  readonly strata: Map<string, Stratum[]>;
  weight: number;
  transition: number;
  isRaised: boolean;
}

/**
 * Adds what is new of the plan's segments to their state, in place: for each segment one window after the other as for everybody, so that one at a
 * time or all at once gives the same numbers. O(windows × segments × metrics × cells).
 */
export function absorbSegments(
  state: SegmentsState,
  strata: readonly Stratum[],
  plan: JudgePlan,
  { afterWindowAt, fromTransition }: SegmentBounds,
): void {
  if ((plan.segments ?? []).length === 0) return;
  const fresh = strata.filter(({ windowStartAt, transition }) => {
    return (afterWindowAt === null || windowStartAt > afterWindowAt) && transition >= fromTransition;
  });
  const windows = windowsOf(fresh, state);
  const before = state.transition;
  state.transition = windows.at(-1)?.transition ?? before;
  state.lastWeight = windows.at(-1)?.weight ?? state.lastWeight;
  const startsSums = state.transition > before;
  absorbEverybody(state, windows, plan.metrics, startsSums);
  // Segment by segment, so that what one segment's metrics remember stays close at hand.
  for (const segment of plan.segments ?? []) {
    const memory = memoryOf(state, segment, plan.metrics);
    if (startsSums) for (const { sums } of Object.values(memory.metrics)) Object.assign(sums, emptySums());
    if (memory.excludedAt !== null) continue;
    for (const window of windows) {
      const own = window.strata.get(segment);
      if (own === undefined) continue;
      for (const metric of plan.metrics) {
        const seen = memory.metrics[metric.name];
        if (seen !== undefined) absorbMetric(seen, metric, own, window, state.transition);
      }
    }
  }
}

/** New strata by window in time order, with the weight and the transition that each window brings. */
function windowsOf(strata: readonly Stratum[], { lastWeight, transition }: SegmentsState): NewWindow[] {
  const byStart = new Map<number, NewWindow>();
  for (const stratum of strata.toSorted((a, b) => a.transition - b.transition)) {
    const startAt = stratum.windowStartAt;
    let window = byStart.get(startAt);
    if (window === undefined) {
      window = { startAt, strata: new Map<string, Stratum[]>(), weight: 0, transition: 0, isRaised: false };
      byStart.set(startAt, window);
    }
    const own = window.strata.get(stratum.segment);
    if (own === undefined) window.strata.set(stratum.segment, [stratum]);
    else own.push(stratum);
    window.weight = Math.max(window.weight, stratum.weight);
    window.transition = Math.max(window.transition, stratum.transition);
  }
  const windows = [...byStart.values()].sort((a, b) => a.startAt - b.startAt);
  let [weight, latest] = [lastWeight, transition];
  for (const window of windows) {
    window.isRaised = window.weight > weight;
    weight = window.weight;
    latest = window.transition = Math.max(latest, window.transition);
  }
  return windows;
}

function absorbEverybody(
  state: SegmentsState,
  windows: readonly NewWindow[],
  metrics: readonly Metric[],
  startsSums: boolean,
): void {
  for (const metric of metrics) {
    const sums = (state.everybody[metric.name] ??= emptySums());
    if (startsSums) Object.assign(sums, emptySums());
    for (const { strata } of windows) {
      for (const stratum of strata.get(ALL_USERS) ?? []) {
        if (stratum.transition === state.transition) addSums(sums, pairOf(metric, stratum));
      }
    }
  }
}

function absorbMetric(
  { evidence, sums }: SegmentMetric,
  metric: Metric,
  strata: readonly Stratum[],
  { isRaised }: NewWindow,
  transition: number,
): void {
  const ranking = { sign: harmSign(metric), absolute: metric.margin.absolute, relative: metric.margin.relative };
  const pairs = strata.map((stratum) => pairOf(metric, stratum));
  addWindow(evidence.harm, pairs, ranking);
  if (metric.role === 'guardrail') {
    if (isRaised || evidence.recent.windows >= RECENT_WINDOWS) restartRecent(evidence, metric);
    addWindow(evidence.recent, pairs, ranking);
  }
  for (const [index, stratum] of strata.entries()) {
    if (stratum.transition === transition) addSums(sums, pairs[index] as ArmPair);
  }
}

function pairOf(metric: Metric, { candidate, control }: Stratum): ArmPair {
  return { candidate: armSample(metric, candidate), control: armSample(metric, control) };
}

function addSums(sums: ArmSums, { candidate, control }: ArmPair): void {
  sums.candidateUnits += candidate.units;
  sums.candidateSum += candidate.sum;
  sums.controlUnits += control.units;
  sums.controlSum += control.sum;
}
