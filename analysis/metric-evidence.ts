import ln from '@stdlib/math-base-special-ln';
import type { Metric } from '../flags/plan/metric';
import { evidenceOf, logMeanEvidence } from '../ml/sequential/mixture-evidence';
import { constantSample, harmSign } from './arm-sample';
import { compare, logContrastEvidence, type Contrast } from './contrast';
import { addWindow, emptyTally, type ArmPair, type Tally } from './tally';

/** Everything remembered of one metric. */
export interface MetricEvidence {
  /** For harm, since the candidate's value last changed. */
  harm: Tally;
  /** For harm, since the last restart; the `restarts`-th start (from 1) has the share 1/(j(j+1)) of its half of the promise. */
  recent: Tally;
  restarts: number;
  /** Evidence of the earlier starts, already multiplied by their shares. */
  banked: number;
  /** For safety, since it last started afresh; null while that is the same as `harm`. */
  safety: Tally | null;
  /** Each arm against the ceiling; null without one. */
  ceiling: { candidate: Tally; control: Tally } | null;
}

/** Evidence about a metric that has not been seen yet. */
export function emptyEvidence(metric: Metric): MetricEvidence {
  return {
    harm: emptyTally(),
    recent: emptyTally(),
    restarts: 1,
    banked: 0,
    safety: null,
    ceiling: metric.ceiling === undefined ? null : { candidate: emptyTally(), control: emptyTally() },
  };
}

/** The margin as a contrast: what is acceptable at full exposure, or at `weight` percent, where only that share of the harm is met. */
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
  const ranking = { sign: harmSign(metric), ...metric.margin };
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

/** Closes the recent evidence and starts the next: a stopped e-process keeps its value. Called after a raise too. */
export function restartRecent(evidence: MetricEvidence, metric: Metric): void {
  if (evidence.recent.windows === 0) return;
  evidence.banked += shareOf(evidence.restarts) * evidenceOf(Math.min(600, logHarm(evidence.recent, metric)));
  evidence.restarts += 1;
  evidence.recent = emptyTally();
}

/** Evidence (natural log) that the candidate is worse than the margin: half since the beginning, half over recent starts. */
export function logHarmEvidence(evidence: MetricEvidence, metric: Metric): number {
  // Starts still to come are worth their share, as an e-process is 1 before it begins.
  const settled = evidence.banked + 1 / (evidence.restarts + 1);
  const recent = [ln(settled), logHarm(evidence.recent, metric)];
  return logMeanEvidence(
    [logHarm(evidence.harm, metric), logMeanEvidence(recent, [1, shareOf(evidence.restarts)])],
    [0.5, 0.5],
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

function logHarm(tally: Tally, metric: Metric): number {
  return logContrastEvidence(compare(tally, metric.kind, harmSign(metric)), marginAt(metric), 'harm');
}

function shareOf(start: number): number {
  return 1 / (start * (start + 1));
}
