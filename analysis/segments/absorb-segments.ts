import type { Metric } from '../../flags/plan/metric';
import { ALL_USERS, type Stratum } from '../../metrics/windows';
import { armSample } from '../arm-sample';
import { WARM_UP_MS } from '../absorb';
import { judgeTrials } from '../evidence/judge-trials';
import { addToTrial } from '../evidence/trial';
import { addToEvidence } from '../metric-evidence';
import type { ArmPair } from '../tally';
import type { JudgePlan } from '../types';
import { followTransition } from '../user-transitions';
import { emptySums, memoryOf, type ArmSums, type SegmentMemory, type SegmentsState } from './segment-state';

/** Which strata count. */
export interface SegmentBounds {
  /** Windows that start at or before this were judged already; null when none was. */
  readonly afterWindowAt: number | null;
  /** Strata of earlier transitions belong to a candidate with another value. */
  readonly fromTransition: number;
}

/** What is new of one segment, window by window, and what the windows say of all. */
interface NewWindow {
  readonly startAt: number;
  readonly windowMs: number;
  readonly strata: Map<string, Stratum[]>;
  weight: number;
  transition: number;
  /** Start of the window in which the weight last grew. */
  raisedAt: number;
}

/**
 * Adds what is new of the plan's segments to their state, in place: for each segment one window after the other as for
 * everybody, so that one at a time or all at once gives the same numbers. O(windows × segments × metrics × cells).
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
  state.raisedAt = windows.at(-1)?.raisedAt ?? state.raisedAt;
  const startsSums = state.transition > before;
  absorbEverybody(state, windows, plan.metrics, startsSums);
  // Segment by segment, so that what one segment's metrics remember stays close at hand.
  for (const segment of plan.segments ?? []) {
    const memory = memoryOf(state, segment, plan.metrics);
    if (startsSums) for (const sums of Object.values(memory.sums)) Object.assign(sums, emptySums());
    if (memory.excludedAt !== null) continue;
    const own = windows.flatMap((window) => {
      const ownStrata = window.strata.get(segment);
      return ownStrata === undefined ? [] : [{ window, strata: ownStrata }];
    });
    memory.raisedAt ??= own[0]?.window.startAt ?? null;
    for (const run of runsOf(own)) {
      for (const metric of plan.metrics) absorbMetric(memory, metric, run, plan, state.transition);
    }
  }
}

/** One window of one segment. */
interface OwnWindow {
  readonly window: NewWindow;
  readonly strata: readonly Stratum[];
}

/** Windows of a run at most: their strata are gone through once for each metric, and should stay in a cache meanwhile. */
const LONGEST_RUN = 8;

/**
 * Parts a segment's windows into runs in which the order of metrics does not matter. The window that brings a new
 * transition is one by itself, as metrics per user then bank evidence that is judged by what all metrics have shown
 * until that moment.
 */
function runsOf(windows: readonly OwnWindow[]): OwnWindow[][] {
  const runs: OwnWindow[][] = [];
  let newest = Number.NEGATIVE_INFINITY;
  let run: OwnWindow[] = [];
  for (const window of windows) {
    // Strata of a window stand in the order of their transitions.
    const transition = window.strata.at(-1)?.transition ?? newest;
    const isNew = transition > newest;
    if (run.length > 0 && !isNew && run.length < LONGEST_RUN) run.push(window);
    else runs.push((run = [window]));
    if (isNew) run = [];
    newest = Math.max(newest, transition);
  }
  return runs;
}

/** New strata by window in time order, with the weight and the transition that each window brings. */
function windowsOf(strata: readonly Stratum[], { lastWeight, transition, raisedAt }: SegmentsState): NewWindow[] {
  const byStart = new Map<number, NewWindow>();
  for (const stratum of strata.toSorted((a, b) => a.transition - b.transition)) {
    const startAt = stratum.windowStartAt;
    let window = byStart.get(startAt);
    if (window === undefined) {
      const { windowMs } = stratum;
      window = { startAt, windowMs, strata: new Map<string, Stratum[]>(), weight: 0, transition: 0, raisedAt: 0 };
      byStart.set(startAt, window);
    }
    const own = window.strata.get(stratum.segment);
    if (own === undefined) window.strata.set(stratum.segment, [stratum]);
    else own.push(stratum);
    window.weight = Math.max(window.weight, stratum.weight);
    window.transition = Math.max(window.transition, stratum.transition);
  }
  const windows = [...byStart.values()].sort((a, b) => a.startAt - b.startAt);
  let [weight, latest, raised] = [lastWeight, transition, raisedAt];
  for (const window of windows) {
    if (window.weight > weight) raised = window.startAt;
    window.raisedAt = raised;
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

/**
 * Adds a run to one metric: what the metric remembers is looked up once, and stays in the processor's nearest cache
 * from window to window.
 */
function absorbMetric(
  memory: SegmentMemory,
  metric: Metric,
  run: readonly OwnWindow[],
  plan: JudgePlan,
  transition: number,
): void {
  const counted = run.map(({ strata }) => {
    return metric.perUser === undefined ? strata : followUsers(memory, metric, strata, plan);
  });
  const evidence = memory.evidence[metric.name];
  const trial = memory.trials[metric.name];
  const sums = memory.sums[metric.name];
  if (evidence === undefined || trial === undefined || sums === undefined) return;
  const warmUpMs = plan.warmUpMs ?? WARM_UP_MS;
  for (let index = 0; index < run.length; index++) {
    const { window } = run[index] as OwnWindow;
    const pairs: ArmPair[] = [];
    for (const stratum of counted[index] ?? []) {
      const pair = pairOf(metric, stratum);
      pairs.push(pair);
      if (stratum.transition === transition) addSums(sums, pair);
    }
    if (pairs.length === 0) continue;
    addToEvidence(evidence, metric, { forHarm: pairs, forSafety: NO_PAIRS });
    if (metric.role !== 'guardrail') continue;
    const { startAt, windowMs } = window;
    const raisedAt = Math.max(window.raisedAt, memory.raisedAt ?? 0);
    addToTrial(trial, metric, pairs, { startAt, windowMs, raisedAt, warmUpMs });
  }
}

const NO_PAIRS: readonly ArmPair[] = [];

function followUsers(
  memory: SegmentMemory,
  metric: Metric,
  strata: readonly Stratum[],
  plan: JudgePlan,
): readonly Stratum[] {
  // The segment's own cells alone say how the evidence that is banked was judged: what everybody's said then is not
  // known when many windows come at once.
  const logHarm = (): number => judgeTrials(memory, plan).get(metric.name)?.present ?? 0;
  return followTransition(memory, metric, strata, logHarm);
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
