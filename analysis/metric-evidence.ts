import type { Metric } from '../flags/plan/metric';
import { constantSample, harmSign } from './arm-sample';
import { compare, logContrastEvidence, type Contrast } from './contrast';
import { addWindow, emptyTally, rankingOf, type ArmPair, type Tally } from './tally';

/** Everything remembered of one metric. */
export interface MetricEvidence {
  /** For harm, since the candidate's value last changed. */
  harm: Tally;
  /** For safety, since it last started afresh; null while that is the same as `harm`. */
  safety: Tally | null;
  /** Each arm against the ceiling; null without one. */
  ceiling: { candidate: Tally; control: Tally } | null;
}

/** Evidence about a metric that has not been seen yet. */
export function emptyEvidence(metric: Metric): MetricEvidence {
  return {
    harm: emptyTally(),
    safety: null,
    ceiling: metric.ceiling === undefined ? null : { candidate: emptyTally(), control: emptyTally() },
  };
}

/**
 * The margin as a contrast: what is acceptable at full exposure, or at `weight` percent, where only that share of the
 * harm is met.
 */
export function marginAt(metric: Metric, weight = 100): Contrast {
  const share = weight / 100;
  return { absolute: metric.margin.absolute / share, relative: metric.margin.relative / share };
}

/** Which evidence one window's strata may enter. */
export interface WindowStrata {
  readonly forHarm: readonly ArmPair[];
  readonly forSafety: readonly ArmPair[];
}

/** Adds one window to all that is remembered of a metric, in place. O(cells). */
export function addToEvidence(evidence: MetricEvidence, metric: Metric, { forHarm, forSafety }: WindowStrata): void {
  const ranking = rankingOf(metric);
  addWindow(evidence.harm, forHarm, ranking);
  if (evidence.safety !== null) addWindow(evidence.safety, forSafety, ranking);
  if (evidence.ceiling === null || metric.ceiling === undefined) return;
  const control = constantSample(metric.ceiling);
  const atCeiling = { sign: ranking.sign, absolute: 0, relative: 0 };
  addWindow(
    evidence.ceiling.candidate,
    forHarm.map((pair) => ({ candidate: pair.candidate, control })),
    atCeiling,
  );
  addWindow(
    evidence.ceiling.control,
    forHarm.map((pair) => ({ candidate: pair.control, control })),
    atCeiling,
  );
}

/** Evidence (natural log) that the candidate passes the ceiling, which counts only while control itself does not. */
export function logCeilingEvidence(evidence: MetricEvidence, metric: Metric): number {
  if (evidence.ceiling === null) return 0;
  const sign = harmSign(metric);
  const control = compare(evidence.ceiling.control, metric.kind, sign);
  if (control.harm > 0) return 0;
  const candidate = compare(evidence.ceiling.candidate, metric.kind, sign);
  return logContrastEvidence(candidate, { absolute: 0, relative: 0 }, 'harm');
}
