import type { Metric } from '../../flags/plan/metric';
import { logMeanEvidence } from '../../ml/sequential/mixture-evidence';
import { harmSign } from '../arm-sample';
import { compare, contrastVariance, logContrastEvidence, type Side } from '../contrast';
import { harmInterval, quantileInterval } from '../interval';
import type { JudgeState } from '../judge-state';
import { compareQuantiles, logQuantileEvidence } from '../quantile-shape';
import type { EffectFinding } from './types';

/** A goal metric of one treatment, before anything is concluded of it. */
export interface GoalComparison extends Pick<
  EffectFinding,
  'controlCount' | 'treatmentCount' | 'control' | 'treatment' | 'effect' | 'lower' | 'upper'
> {
  /** Sampling variance of the effect; null where it is not known. */
  readonly variance: number | null;
  /** Natural logs of e-values against 'not worse' and 'not better'. */
  readonly logWorse: number;
  readonly logBetter: number;
  /** Natural log of the e-value against 'no difference': the mean of both. */
  readonly log: number;
}

const NO_EFFECT = { absolute: 0, relative: 0 };

/**
 * Compares a treatment with the control in one metric, by the same always-valid evidence that margins are judged by, at
 * a margin of nothing on either side. Valid at every look (Ville). O(cells), or O(bins) for a quantile.
 *
 * @param rate - chance that either bound of the interval ever passes the true effect
 */
export function compareGoal(judge: JudgeState, metric: Metric, rate: number): GoalComparison {
  const tally = judge.evidence[metric.name]?.harm;
  if (tally === undefined || !(tally.weight > 0)) return NOTHING;
  const sign = harmSign(metric);
  const means = compare(tally, metric.kind, sign);
  const counts = { controlCount: tally.controlUnits, treatmentCount: tally.candidateUnits };
  const shape = judge.shapes[metric.name];
  const quantiles = shape === undefined ? null : compareQuantiles(shape, metric.quantile ?? 0.5, means);
  const evidenceOn = (side: Side): number =>
    quantiles === null ? logContrastEvidence(means, NO_EFFECT, side) : logQuantileEvidence(quantiles, 0, side);
  const [logWorse, logBetter] = [evidenceOn('harm'), evidenceOn('safety')];
  const control = quantiles?.control ?? tally.control / tally.weight;
  const effect = quantiles === null ? sign * means.harm : quantiles.candidate - quantiles.control;
  const { lower, upper } =
    quantiles === null ? harmInterval(means, rate, rate) : quantileInterval(quantiles, rate, rate);
  const bounds = sign === 1 ? { lower, upper } : { lower: negated(upper), upper: negated(lower) };
  const variance =
    quantiles === null
      ? contrastVariance(means, { absolute: means.harm, relative: 0 }, 'harm').variance / tally.weight ** 2
      : null;
  const log = logMeanEvidence([logWorse, logBetter]);
  return { ...counts, control, treatment: control + effect, effect, ...bounds, variance, logWorse, logBetter, log };
}

const NOTHING: GoalComparison = {
  controlCount: 0,
  treatmentCount: 0,
  control: null,
  treatment: null,
  effect: null,
  lower: null,
  upper: null,
  variance: null,
  logWorse: 0,
  logBetter: 0,
  log: 0,
};

function negated(value: number | null): number | null {
  return value === null ? null : -value;
}
