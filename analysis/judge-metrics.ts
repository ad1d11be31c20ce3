import type { Metric } from '../flags/plan/metric';
import { ALL_USERS } from '../metrics/windows';
import { evidenceOf, logMeanEvidence } from '../ml/sequential/mixture-evidence';
import { harmSign } from './arm-sample';
import { compare, logContrastEvidence, type Comparison } from './contrast';
import { harmInterval, quantileInterval } from './interval';
import type { JudgeState } from './judge-state';
import { compareQuantiles, logQuantileEvidence, type QuantileComparison } from './quantile-shape';
import { countsFailures, judgeTrials } from './evidence/judge-trials';
import { logCeilingEvidence, marginAt } from './metric-evidence';
import type { AnalysisInput, MetricFinding } from './types';

/** Weight of guardrails that count failures where others measure values. */
const FAILURES_SHARE = 0.6;

/** The findings of all metrics, and their evidence put together. */
export interface Judged {
  readonly findings: readonly MetricFinding[];
  /** Natural log of the combined evidence of the guardrails. */
  readonly logHarm: number;
  /** Natural logs of each guardrail's evidence against its ceiling, by metric name. */
  readonly logCeilings: Readonly<Record<string, number>>;
}

/**
 * Judges every metric, and puts the guardrails together: the weighted mean of their e-values, so that one promise holds
 * over all of them whatever they have to do with each other. Failures get more of the weight, as latency is often
 * watched by several metrics and slow to judge anyway; a guardrail with a ceiling counts once more for it.
 */
export function judgeMetrics(judge: JudgeState, { plan, context }: AnalysisInput): Judged {
  const findings: MetricFinding[] = [];
  const guarding: GuardrailEvidence[] = [];
  const trials = judgeTrials(judge, plan);
  const logCeilings: Record<string, number> = {};
  for (const metric of plan.metrics) {
    const evidence = judge.evidence[metric.name];
    if (evidence === undefined) continue;
    const logHarm = trials.get(metric.name)?.log ?? 0;
    const logSafety = safetyOf(judge, metric, context.nextWeight);
    findings.push({
      ...describe(judge, metric, plan),
      harmEvidence: evidenceOf(logHarm),
      safetyEvidence: evidenceOf(logSafety),
      safetyShown: evidenceOf(logSafety) >= 1 / plan.falsePromotionRate,
    });
    if (metric.role !== 'guardrail') continue;
    const isFailure = countsFailures(metric);
    guarding.push({ log: logHarm, isFailure });
    if (metric.ceiling === undefined) continue;
    const logCeiling = logCeilingEvidence(evidence, metric);
    logCeilings[metric.name] = logCeiling;
    guarding.push({ log: logCeiling, isFailure });
  }
  return { findings, logHarm: combineGuardrails(guarding), logCeilings };
}

/** Evidence (natural log) of one guardrail, and whether it counts failures. */
export interface GuardrailEvidence {
  readonly log: number;
  readonly isFailure: boolean;
}

/** Natural log of the weighted mean of the guardrails' e-values, valid however they hang together; 0 without any. */
export function combineGuardrails(guarding: readonly GuardrailEvidence[]): number {
  const failures = guarding.filter(({ isFailure }) => isFailure).map(({ log }) => log);
  const values = guarding.filter(({ isFailure }) => !isFailure).map(({ log }) => log);
  if (failures.length === 0 || values.length === 0) return logMeanEvidence([...failures, ...values]);
  return logMeanEvidence([logMeanEvidence(failures), logMeanEvidence(values)], [FAILURES_SHARE, 1 - FAILURES_SHARE]);
}

/** Evidence (natural log) that a metric's harm at the next weight is within the margin. O(cells). */
export function safetyOf(judge: JudgeState, metric: Metric, nextWeight: number): number {
  const evidence = judge.evidence[metric.name];
  if (evidence === undefined || !(nextWeight > 0)) return 0;
  const comparison = compare(evidence.safety ?? evidence.harm, metric.kind, harmSign(metric));
  const quantiles = quantilesOf(judge, metric, comparison);
  if (quantiles !== null) {
    const { absolute, relative } = marginAt(metric, Math.min(100, nextWeight));
    return logQuantileEvidence(quantiles, absolute + relative * quantiles.control, 'safety');
  }
  return logContrastEvidence(comparison, marginAt(metric, Math.min(100, nextWeight)), 'safety');
}

/** A quantile metric's comparison; null for other kinds, and for quantiles without values. */
function quantilesOf(judge: JudgeState, metric: Metric, means: Comparison): QuantileComparison | null {
  const shape = judge.shapes[metric.name];
  return shape === undefined ? null : compareQuantiles(shape, metric.quantile ?? 0.5, means);
}

function describe(
  judge: JudgeState,
  metric: Metric,
  plan: AnalysisInput['plan'],
): Omit<MetricFinding, 'harmEvidence' | 'safetyEvidence' | 'safetyShown'> {
  const evidence = judge.evidence[metric.name];
  const tally = evidence?.safety ?? evidence?.harm;
  const named = { metric: metric.name, segment: ALL_USERS, role: metric.role };
  if (tally === undefined || !(tally.weight > 0)) {
    const nothing = { control: null, candidate: null, harm: null, harmLower: null, harmUpper: null, margin: null };
    return { ...named, ...nothing, controlCount: 0, candidateCount: 0 };
  }
  const sign = harmSign(metric);
  const comparison = compare(tally, metric.kind, sign);
  const quantiles = quantilesOf(judge, metric, comparison);
  const counts = { controlCount: tally.controlUnits, candidateCount: tally.candidateUnits };
  if (quantiles !== null) {
    const interval = quantileInterval(quantiles, plan.falseRollbackRate, plan.falsePromotionRate);
    return {
      ...named,
      ...counts,
      control: quantiles.control,
      candidate: quantiles.candidate,
      harm: sign * (quantiles.candidate - quantiles.control),
      harmLower: interval.lower,
      harmUpper: interval.upper,
      margin: metric.margin.absolute + metric.margin.relative * quantiles.control,
    };
  }
  const interval = harmInterval(comparison, plan.falseRollbackRate, plan.falsePromotionRate);
  const control = tally.control / tally.weight;
  return {
    ...named,
    ...counts,
    control,
    candidate: control + sign * comparison.harm,
    harm: comparison.harm,
    harmLower: interval.lower,
    harmUpper: interval.upper,
    margin: metric.margin.absolute + metric.margin.relative * control,
  };
}
