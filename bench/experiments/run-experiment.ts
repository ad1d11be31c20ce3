import { analyseExperiment } from '../../analysis/experiment/analyse-experiment';
import type { ExperimentAnalysis, ExperimentJudgePlan } from '../../analysis/experiment/types';
import type { AnalysisState } from '../../analysis/types';
import { Metric } from '../../flags/plan/metric';
import type { Stratum } from '../../metrics/windows';
import { mulberry32 } from '../../ml/random/mulberry32';
import { CALM, simulate, type Scenario } from '../judge/simulate';

/** One primary, one secondary and one guardrail metric. */
export const PLAN: ExperimentJudgePlan = {
  metrics: [
    Metric.parse({ name: 'failed', role: 'goal', kind: 'error_rate', margin: { relative: 0.1 } }),
    Metric.parse({ name: 'latency', role: 'goal', kind: 'mean_value', margin: { relative: 0.1 } }),
    Metric.parse({ name: 'errors', kind: 'error_rate', margin: { absolute: 0.005, relative: 0.1 } }),
  ],
  roles: { failed: 'primary', latency: 'secondary', errors: 'guardrail' },
  falsePositiveRate: 0.05,
  falseDiscoveryRate: 0.05,
  falseHarmRate: 0.01,
  warmUpMs: 0,
};

/** Treatments that are no different from the control, under traffic of several kinds. */
export const NULLS: Readonly<Record<string, Scenario>> = {
  independent: { ...CALM, errorRate: 0.05 },
  'daily cycle and drift': { ...CALM, errorRate: 0.05, cycle: 0.5, drift: 0.5 },
  'clustered users': { ...CALM, errorRate: 0.05, users: 3000, tail: 1.5, userSpread: 0.8 },
  'noisy arms': { ...CALM, errorRate: 0.05, armNoise: 0.2 },
};

/** How one simulated experiment went, looked at after every window. */
export interface ExperimentRun {
  /** Window after which any primary metric was first called different; null for never. */
  readonly calledAfter: number | null;
  /** Window after which harm to the guardrails was first shown; null for never. */
  readonly harmedAfter: number | null;
  /** Windows after which a primary interval left the true effect out. */
  readonly missed: number;
  readonly last: ExperimentAnalysis;
}

/**
 * Runs one experiment of `treatments` arms. Each has traffic of its own, so a true effect is known; the corrections
 * hold however arms hang together.
 *
 * @param effect - true difference of the primary metric's share
 */
export function runExperiment(
  seed: number,
  scenario: Scenario,
  {
    windows,
    treatments,
    effect = 0,
  }: { readonly windows: number; readonly treatments: number; readonly effect?: number },
): ExperimentRun {
  const arms = Array.from({ length: treatments }, (_, index) => ({
    variant: `t${index}`,
    traffic: simulate(mulberry32(seed * 1009 + index), scenario),
  }));
  let state: AnalysisState | null = null;
  let last: ExperimentAnalysis | null = null;
  let calledAfter: number | null = null;
  let harmedAfter: number | null = null;
  let missed = 0;
  for (let window = 1; window <= windows; window += 1) {
    const strata: Record<string, readonly Stratum[]> = {};
    for (const { variant, traffic } of arms) strata[variant] = [traffic.next().value as Stratum];
    const nowMs = (strata['t0']?.[0]?.windowStartAt ?? 0) + scenario.windowMs + 10_000;
    const looked = analyseExperiment({ plan: PLAN, transition: 1, startedAtMs: 0, strata, state, nowMs });
    state = looked.state;
    last = looked.analysis;
    const primary = last.arms.flatMap(({ effects }) => effects.filter(({ role }) => role === 'primary'));
    if (primary.some(({ conclusion }) => conclusion !== 'inconclusive')) calledAfter ??= window;
    if (last.harmed.length > 0) harmedAfter ??= window;
    missed += Number(primary.some(({ lower, upper }) => (lower ?? -1) > effect || (upper ?? 1) < effect));
  }
  if (last === null) throw new Error('an experiment has windows');
  return { calledAfter, harmedAfter, missed, last };
}
