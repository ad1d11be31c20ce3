import type { Metric } from '../../flags/plan/metric';
import { harmSign } from '../arm-sample';
import { compare, type Comparison } from '../contrast';
import type { MetricEvidence } from '../metric-evidence';
import { overTransitions, type UserStarts } from '../user-transitions';
import { Profile, type JudgePlan } from '../types';
import { designEffectOf, showsClusters, showsIndependence, type DesignEffect } from './design-effect';
import { logSteady, logSwift, type Trial } from './trial';

/** What is remembered to decide about harm, by metric: of everybody, or of one segment. */
export interface HarmMemory {
  evidence: Record<string, MetricEvidence>;
  trials: Record<string, Trial>;
  /** Where each metric per user stands among the transitions. */
  users: Record<string, UserStarts>;
}

/** Evidence of harm of one metric, and what it was taken for. */
export interface TrialFinding {
  /** Natural log. */
  readonly log: number;
  /** The same of the present transition alone; different for metrics per user only. */
  readonly present: number;
  /** Whether requests were taken for independent. */
  readonly isSwift: boolean;
  /** What the user cells show; null where users are not told apart. */
  readonly designEffect: DesignEffect | null;
}

/**
 * Evidence of harm of every metric by the plan's profile. `auto` takes requests for independent once the user cells
 * have shown it of the metric, as long as those of no guardrail show clusters. O(metrics × cells).
 *
 * @param isClusteredElsewhere - clusters were seen among users of whom these are a part, too few to show it by themselves
 * @param comparisons - of the evidence of harm by metric, where who asks has made them already
 */
export function judgeTrials(
  memory: HarmMemory,
  plan: JudgePlan,
  isClusteredElsewhere = false,
  comparisons: Comparisons = compareAll(memory, plan.metrics),
): ReadonlyMap<string, TrialFinding> {
  const profile = plan.profile ?? Profile.Auto;
  const effects = new Map(plan.metrics.map(({ name }) => [name, effectOf(comparisons.get(name))]));
  const guarding = plan.metrics.filter(({ role }) => role === 'guardrail').map(({ name }) => effects.get(name) ?? null);
  const isClustered = isClusteredElsewhere || guarding.some((effect) => effect !== null && showsClusters(effect));
  const findings = new Map<string, TrialFinding>();
  for (const metric of plan.metrics) {
    const trial = memory.trials[metric.name];
    if (trial === undefined) continue;
    const designEffect = effects.get(metric.name) ?? null;
    const isIndependent = designEffect !== null && showsIndependence(designEffect) && !isClustered;
    const isSwift = profile === Profile.Fast || (profile === Profile.Auto && isIndependent);
    const present = isSwift
      ? logSwift(trial, metric, profile === Profile.Fast)
      : logSteady(trial, metric, designEffect);
    const starts = memory.users[metric.name];
    const log = starts === undefined ? present : overTransitions(starts, present);
    findings.set(metric.name, { log, present, isSwift, designEffect });
  }
  return findings;
}

/** Whether the cells of any guardrail show that requests hang together. O(guardrails × cells). */
export function showsClusteredUsers(memory: HarmMemory, { metrics }: Pick<JudgePlan, 'metrics'>): boolean {
  return metrics.some((metric) => {
    const effect = metric.role === 'guardrail' ? effectOf(compareHarm(memory, metric)) : null;
    return effect !== null && showsClusters(effect);
  });
}

/** Each metric's evidence of harm, compared. */
export type Comparisons = ReadonlyMap<string, Comparison>;

/** Compares the evidence of harm of every metric there is some of. O(metrics × cells). */
export function compareAll(memory: HarmMemory, metrics: readonly Metric[]): Comparisons {
  const comparisons = new Map<string, Comparison>();
  for (const metric of metrics) {
    const comparison = compareHarm(memory, metric);
    if (comparison !== undefined) comparisons.set(metric.name, comparison);
  }
  return comparisons;
}

function compareHarm(memory: HarmMemory, metric: Metric): Comparison | undefined {
  const evidence = memory.evidence[metric.name];
  return evidence === undefined ? undefined : compare(evidence.harm, metric.kind, harmSign(metric));
}

function effectOf(comparison: Comparison | undefined): DesignEffect | null {
  return comparison === undefined ? null : designEffectOf(comparison);
}

/** Whether a metric counts failures rather than measures values. */
export function countsFailures({ kind }: Metric): boolean {
  return kind === 'error_rate' || kind === 'events_per_exposure';
}
