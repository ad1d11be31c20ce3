import type { Metric } from '../flags/plan/metric';
import { ALL_USERS } from '../metrics/windows';
import { evidenceOf, logMeanEvidence } from '../ml/sequential/mixture-evidence';
import { harmSign } from './arm-sample';
import { compare, logContrastEvidence } from './contrast';
import { harmInterval } from './interval';
import type { JudgeState } from './judge-state';
import { countsFailures, judgeTrials } from './evidence/judge-trials';
import { logCeilingEvidence, marginAt } from './metric-evidence';
import type { AnalysisInput, MetricFinding } from './types';

/** The findings of all metrics, and their evidence put together. */
export interface Judged {
  readonly findings: readonly MetricFinding[];
  /** Natural log of the combined evidence of the guardrails. */
  readonly logHarm: number;
  /** Natural logs of each guardrail's evidence against its ceiling, by metric name. */
  readonly logCeilings: Readonly<Record<string, number>>;
}

/**
 * Judges every metric, and puts the guardrails together: the weighted mean of their e-values, so that one promise holds over all of them whatever they
 * have to do with each other. Failures and values share the weight by halves, as latency is often watched by several metrics and errors by one; a
 * guardrail with a ceiling counts once more for it.
 */
export function judgeMetrics(judge: JudgeState, { plan, context }: AnalysisInput): Judged {
  const findings: MetricFinding[] = [];
  const guarding: { readonly log: number; readonly isFailure: boolean }[] = [];
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
  return { findings, logHarm: combined(guarding), logCeilings };
}

function combined(guarding: readonly { readonly log: number; readonly isFailure: boolean }[]): number {
  const failures = guarding.filter(({ isFailure }) => isFailure).map(({ log }) => log);
  const values = guarding.filter(({ isFailure }) => !isFailure).map(({ log }) => log);
  if (failures.length === 0 || values.length === 0) return logMeanEvidence([...failures, ...values]);
  return logMeanEvidence([logMeanEvidence(failures), logMeanEvidence(values)]);
}

function safetyOf(judge: JudgeState, metric: Metric, nextWeight: number): number {
  const evidence = judge.evidence[metric.name];
  if (evidence === undefined || !(nextWeight > 0)) return 0;
  const comparison = compare(evidence.safety ?? evidence.harm, metric.kind, harmSign(metric));
  return logContrastEvidence(comparison, marginAt(metric, Math.min(100, nextWeight)), 'safety');
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
  const interval = harmInterval(comparison, plan.falseRollbackRate, plan.falsePromotionRate);
  const control = tally.control / tally.weight;
  return {
    ...named,
    controlCount: tally.controlUnits,
    candidateCount: tally.candidateUnits,
    control,
    candidate: control + sign * comparison.harm,
    harm: comparison.harm,
    harmLower: interval.lower,
    harmUpper: interval.upper,
    margin: metric.margin.absolute + metric.margin.relative * control,
  };
}
