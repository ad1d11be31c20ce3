import { ALL_USERS, type Stratum } from '../metrics/windows';
import { armSample } from './arm-sample';
import { addShare, lateEvents, missingOutcomes } from './exposure-checks';
import type { JudgeState } from './judge-state';
import { addToTrial } from './evidence/trial';
import { addToEvidence } from './metric-evidence';
import { addToShape } from './quantile-shape';
import { addExposures } from './sample-ratio';
import { addLevel } from './shared-fault';
import { judgeTrials } from './evidence/judge-trials';
import { followTransition } from './user-transitions';
import type { ArmPair } from './tally';
import type { JudgePlan } from './types';

/** How long latency says nothing after a raise when the plan does not: caches fill, connections open, code is compiled. */
export const WARM_UP_MS = 240_000;

/** A window's strata by what they count for. */
interface HarmAndSafety {
  readonly forHarm: readonly Stratum[];
  readonly forSafety: readonly Stratum[];
  readonly warmUpMs: number;
}

/**
 * Adds the strata not judged before to the state, window by window, in place. Strata at or before the last window
 * judged are left out, so that handing some in again is harmless. O(windows × metrics × cells).
 *
 * @returns whether any new window was there
 */
export function absorbStrata(judge: JudgeState, strata: readonly Stratum[], plan: JudgePlan): boolean {
  const before = judge.lastWindowAt ?? Number.NEGATIVE_INFINITY;
  const fresh = strata.filter(({ segment, windowStartAt }) => segment === ALL_USERS && windowStartAt > before);
  for (const window of windowsOf(fresh)) absorbWindow(judge, window, plan);
  return fresh.length > 0;
}

function windowsOf(strata: readonly Stratum[]): Stratum[][] {
  const byStart = new Map<number, Stratum[]>();
  for (const stratum of strata) {
    const window = byStart.get(stratum.windowStartAt);
    if (window === undefined) byStart.set(stratum.windowStartAt, [stratum]);
    else window.push(stratum);
  }
  return [...byStart.entries()]
    .sort(([a], [b]) => a - b)
    .map(([, window]) => window.sort((a, b) => a.transition - b.transition));
}

function absorbWindow(judge: JudgeState, window: readonly Stratum[], plan: JudgePlan): void {
  const [first] = window;
  if (first === undefined) return;
  const forHarm = since(window, judge.harmFromTransition);
  const forSafety = since(window, judge.safetyFromTransition);
  let weight = first.weight;
  for (const stratum of window) weight = Math.max(weight, stratum.weight);
  if (weight > judge.lastWeight) judge.raisedAt = first.windowStartAt;
  judge.lastWeight = weight;
  const warmUpMs = plan.warmUpMs ?? WARM_UP_MS;
  for (const metric of plan.metrics) {
    if (metric.perUser === undefined) {
      absorbMetric(judge, metric, window, { forHarm, forSafety, warmUpMs });
      continue;
    }
    const logHarm = (): number => judgeTrials(judge, plan).get(metric.name)?.present ?? 0;
    const counted = new Set(followTransition(judge, metric, window, logHarm));
    const only = (strata: readonly Stratum[]): Stratum[] => strata.filter((stratum) => counted.has(stratum));
    if (counted.size === 0) continue;
    absorbMetric(judge, metric, only(window), { forHarm: only(forHarm), forSafety: only(forSafety), warmUpMs });
  }
  for (const stratum of forSafety) {
    addExposures(judge.ratio, stratum);
    addShare(judge.missing, missingOutcomes(stratum.candidate), missingOutcomes(stratum.control));
    addShare(judge.late, lateEvents(stratum.candidate), lateEvents(stratum.control));
    judge.mixed.mixed += stratum.candidate.mixedExposures + stratum.control.mixedExposures;
    judge.mixed.exposures += stratum.candidate.exposures + stratum.control.exposures;
  }
  judge.lastWindowAt = first.windowStartAt;
  judge.windowMs = first.windowMs;
}

/** A window's strata from this transition on: nearly always all of them, which is the window itself. */
function since(window: readonly Stratum[], from: number): readonly Stratum[] {
  return window.every(({ transition }) => transition >= from)
    ? window
    : window.filter(({ transition }) => transition >= from);
}

function absorbMetric(
  judge: JudgeState,
  metric: JudgePlan['metrics'][number],
  window: readonly Stratum[],
  { forHarm, forSafety, warmUpMs }: HarmAndSafety,
): void {
  const evidence = judge.evidence[metric.name];
  const trial = judge.trials[metric.name];
  const level = judge.levels[metric.name];
  if (evidence === undefined || trial === undefined || level === undefined) return;
  const all: ArmPair[] = [];
  for (const stratum of window) {
    all.push({ candidate: armSample(metric, stratum.candidate), control: armSample(metric, stratum.control) });
  }
  const harmPairs = pairsOf(forHarm, window, all);
  const safetyPairs = pairsOf(forSafety, window, all);
  addToEvidence(evidence, metric, { forHarm: harmPairs, forSafety: safetyPairs });
  const shape = judge.shapes[metric.name];
  if (shape !== undefined) addToShape(shape, evidence.safety === null ? harmPairs : safetyPairs);
  const { windowStartAt, windowMs } = window[0] as Stratum;
  addToTrial(trial, metric, harmPairs, { startAt: windowStartAt, windowMs, raisedAt: judge.raisedAt, warmUpMs });

  const candidate = { units: 0, sum: 0 };
  const control = { units: 0, sum: 0 };
  for (const pair of all) {
    candidate.units += pair.candidate.units;
    candidate.sum += pair.candidate.sum;
    control.units += pair.control.units;
    control.sum += pair.control.sum;
  }
  if (metric.role === 'guardrail') addLevel(level, metric, windowStartAt, candidate, control);
  if (candidate.units > 0 && control.units > 0) {
    judge.lastDataAt = Math.max(judge.lastDataAt ?? 0, windowStartAt + windowMs);
  }
  if (windowStartAt + windowMs <= judge.step.startedAt) return;
  const units = (judge.step.units[metric.name] ??= { candidate: 0, control: 0 });
  units.candidate += candidate.units;
  units.control += control.units;
}

/** The pairs of some of a window's strata; nearly always each of them counts. */
function pairsOf(strata: readonly Stratum[], window: readonly Stratum[], all: readonly ArmPair[]): readonly ArmPair[] {
  return strata.length === window.length ? all : all.filter((_, index) => strata.includes(window[index] as Stratum));
}
