import { analyse } from '../../analysis/analyse';
import type { Analysis, AnalysisInput, AnalysisState, JudgePlan } from '../../analysis/types';
import { Metric } from '../../flags/plan/metric';
import { mulberry32 } from '../../ml/random/mulberry32';
import { simulate, weightAt, type Scenario } from './simulate';

/** Three guardrails as a team would write them: errors, tail share and mean latency. */
export const GUARDRAILS: readonly Metric[] = [
  Metric.parse({ name: 'errors', kind: 'error_rate', margin: { absolute: 0.005, relative: 0.1 } }),
  Metric.parse({ name: 'slow', kind: 'slower_than', threshold: 500, margin: { absolute: 0.005, relative: 0.1 } }),
  Metric.parse({ name: 'latency', kind: 'mean_value', margin: { relative: 0.1 } }),
];

/** The plan the simulations judge by. */
export const PLAN: JudgePlan = {
  metrics: GUARDRAILS,
  falseRollbackRate: 0.01,
  falsePromotionRate: 0.05,
  minimumSample: 50,
  onNoData: 'hold',
  noDataDeadlineMs: 600_000,
  warmUpMs: 0,
};

/** What became of one simulated rollout. */
export interface Outcome {
  /** Windows seen when it rolled back; null if it never did. */
  readonly rolledBackAfter: number | null;
  /** Windows seen when the last judged step (next weight 100) could have been promoted; null if never. */
  readonly promotedAfter: number | null;
  readonly narrows: number;
  readonly mismatches: number;
  readonly badRequests: number;
  readonly last: Analysis | null;
}

/** How a simulated rollout is run; `untilPromoted` ends it at the first promotion. */
export interface RunOptions {
  readonly plan?: JudgePlan;
  readonly nextWeight?: number;
  readonly untilPromoted?: boolean;
}

/** Looks after every window until the first rollback or the horizon. `nextWeight` is that of a promotion. */
export function runRollout(
  seed: number,
  scenario: Scenario,
  windows: number,
  { plan = PLAN, nextWeight = 100, untilPromoted = false }: RunOptions = {},
): Outcome {
  let state: AnalysisState | null = null;
  let promotedAfter: number | null = null;
  let last: Analysis | null = null;
  let narrows = 0;
  let mismatches = 0;
  let badRequests = 0;
  let seen = 0;
  for (const stratum of simulate(mulberry32(seed), scenario)) {
    const endAt = stratum.windowStartAt + stratum.windowMs;
    const raised = seen === 0 || weightAt(scenario, seen) !== weightAt(scenario, seen - 1);
    if (seen >= scenario.onset) badRequests += stratum.candidate.events['request']?.errors ?? 0;
    seen += 1;
    const input: AnalysisInput = {
      plan,
      context: {
        step: 0,
        weight: stratum.weight,
        nextWeight,
        transition: stratum.transition,
        stepStartedAt: 1_700_000_000_000,
        raisedAt: raised ? stratum.windowStartAt : 1_700_000_000_000,
        bakeMs: 1,
        bakedMs: 1,
        safetyEpoch: 0,
        harmEpoch: 0,
      },
      strata: [stratum],
      state,
      sourceDown: false,
      nowMs: endAt + 10_000,
    };
    const result = analyse(input);
    state = result.state;
    last = result.analysis;
    if (last.verdict === 'narrow') narrows += 1;
    if (last.reasons.some(({ code }) => code === 'SAMPLE_RATIO_MISMATCH')) mismatches += 1;
    if (last.verdict === 'promote') promotedAfter ??= seen;
    if (last.verdict === 'rollback') {
      return { rolledBackAfter: seen, promotedAfter, narrows, mismatches, badRequests, last };
    }
    if (seen >= windows || (untilPromoted && promotedAfter !== null)) break;
  }
  return { rolledBackAfter: null, promotedAfter, narrows, mismatches, badRequests, last };
}
