import type { Metric } from '../../flags/plan/metric';
import { rejectByEvidence } from '../../ml/sequential/e-benjamini-hochberg';
import { evidenceOf } from '../../ml/sequential/mixture-evidence';
import { shrink } from '../../ml/shrinkage/empirical-bayes';
import { harmSign } from '../arm-sample';
import { contrastVariance } from '../contrast';
import { compareAll, countsFailures, judgeTrials, type Comparisons } from '../evidence/judge-trials';
import { combineGuardrails } from '../judge-metrics';
import type { JudgePlan, SegmentFinding, SegmentMetricFinding } from '../types';
import type { SegmentMemory, SegmentsState } from './segment-state';

/** Share of false exclusions among all that the judge may expect to make, unless the plan says otherwise. */
export const FALSE_EXCLUSION_RATE = 0.05;

/** Every segment of the plan as this look sees it. */
export interface SegmentsJudged {
  readonly findings: readonly SegmentFinding[];
  /** Harmed beyond doubt and still taking part: what could be excluded. */
  readonly harmed: readonly string[];
}

/**
 * Judges each segment by the test that judges everybody, with all guardrails together, and picks the harmed ones by
 * e-BH over all segments of the plan. O(segments × metrics × cells).
 *
 * @param isClustered - whether everybody's cells show clusters of users, which the few events of a segment may hide
 */
export function judgeSegments(state: SegmentsState, plan: JudgePlan, isClustered: boolean): SegmentsJudged {
  const segments = plan.segments ?? [];
  if (segments.length === 0) return { findings: [], harmed: [] };
  const compared = segments.map((segment) => comparisonsOf(state.segments[segment], plan));
  const evidence = segments.map((segment, index) => {
    return evidenceByMetric(state.segments[segment], plan, isClustered, compared[index]);
  });
  const logs = segments.map((segment, index) => {
    return state.segments[segment]?.excludedAt ?? together(evidence[index], plan.metrics);
  });
  const rejected = new Set(rejectByEvidence(logs, plan.falseExclusionRate ?? FALSE_EXCLUSION_RATE));
  const shrunk = new Map(plan.metrics.map((metric) => [metric.name, shrunkEffects(compared, metric)]));
  const findings = segments.map((segment, index): SegmentFinding => {
    const memory = state.segments[segment];
    const metrics = plan.metrics.flatMap((metric) => {
      const effects = shrunk.get(metric.name);
      if (memory === undefined || effects === undefined) return [];
      return findingOf(memory, metric, effects[index] ?? null, evidence[index]?.get(metric.name) ?? 0);
    });
    const excluded = memory !== undefined && memory.excludedAt !== null;
    return {
      segment,
      excluded,
      harmed: rejected.has(index),
      harmEvidence: evidenceOf(logs[index] ?? 0),
      metrics,
    };
  });
  const harmed = findings.filter((finding) => finding.harmed && !finding.excluded).map(({ segment }) => segment);
  return { findings, harmed };
}

/**
 * Natural log of the e-value of all guardrails together; what it was at its exclusion for a segment that no longer
 * takes part.
 */
export function logEvidenceOf(memory: SegmentMemory, plan: JudgePlan, isClustered: boolean): number {
  return memory.excludedAt ?? together(evidenceByMetric(memory, plan, isClustered), plan.metrics);
}

/** Natural log of each guardrail's e-value. */
function evidenceByMetric(
  memory: SegmentMemory | undefined,
  plan: JudgePlan,
  isClustered: boolean,
  comparisons?: Comparisons,
): ReadonlyMap<string, number> {
  if (memory === undefined || memory.excludedAt !== null) return new Map();
  const trials = judgeTrials(memory, plan, isClustered, comparisons);
  const guardrails = plan.metrics.filter(({ role }) => role === 'guardrail');
  return new Map(guardrails.map(({ name }) => [name, trials.get(name)?.log ?? 0]));
}

function together(logs: ReadonlyMap<string, number> | undefined, metrics: readonly Metric[]): number {
  const guardrails = metrics.filter(({ role }) => role === 'guardrail');
  return combineGuardrails(
    guardrails.map((metric) => ({ log: logs?.get(metric.name) ?? 0, isFailure: countsFailures(metric) })),
  );
}

/** A segment's comparisons, which both its evidence and its effects are read from. */
function comparisonsOf(memory: SegmentMemory | undefined, plan: JudgePlan): Comparisons {
  return memory === undefined ? new Map() : compareAll(memory, plan.metrics);
}

/** Each segment's effect on one metric, pulled towards what all of them have in common; null where there is none. */
function shrunkEffects(compared: readonly Comparisons[], metric: Metric): (number | null)[] {
  const effects: number[] = [];
  const variances: number[] = [];
  for (const comparisons of compared) {
    const comparison = comparisons.get(metric.name);
    const tally = comparison?.tally;
    if (comparison === undefined || tally === undefined || !(tally.weight > 0) || tally.windows < 2) {
      effects.push(Number.NaN);
      variances.push(Number.NaN);
      continue;
    }
    const { variance } = contrastVariance(comparison, { absolute: comparison.harm, relative: 0 }, 'harm');
    effects.push(comparison.harm);
    variances.push(variance / (tally.weight * tally.weight));
  }
  return shrink(effects, variances).effects.map((effect) => (Number.isNaN(effect) ? null : effect));
}

function findingOf(
  memory: SegmentMemory,
  metric: Metric,
  shrunkHarm: number | null,
  logEvidence: number,
): SegmentMetricFinding[] {
  const tally = memory.evidence[metric.name]?.harm;
  if (tally === undefined || !(tally.weight > 0)) return [];
  const harm = tally.difference / tally.weight;
  const control = tally.control / tally.weight;
  return [
    {
      metric: metric.name,
      controlCount: tally.controlUnits,
      candidateCount: tally.candidateUnits,
      control,
      candidate: control + harmSign(metric) * harm,
      harm,
      shrunkHarm,
      harmEvidence: evidenceOf(logEvidence),
    },
  ];
}
