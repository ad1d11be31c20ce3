import type { AnalysisInput, AnalysisResult, JudgePlan, StepContext } from '../../analysis/types';
import { analyse } from '../../analysis/analyse';
import { Metric } from '../../flags/plan/metric';
import type { ArmTotals, EventTotals, Stratum } from '../../metrics/windows';

/** Start of the first window. */
export const FIRST_WINDOW = 1_700_000_000_000;
const WINDOW_MS = 5000;
const CELLS = 64;

/** What one arm does in a window: requests are spread evenly over `users` cells, errors over the first of them. */
export interface ArmDoes {
  readonly requests?: number;
  readonly errors?: number;
  /** Cells the errors fall into; all of the users' by default. */
  readonly erringCells?: number;
  readonly users?: number;
  readonly latencyMs?: number;
  readonly slow?: number;
  readonly exposures?: number;
  readonly withoutOutcome?: number;
  readonly mixed?: number;
  readonly late?: number;
}

/** Counts dealt out one after the other, so that totals are exact. */
function deal(total: number, cells: number, from = 0): number[] {
  const dealt = Array.from({ length: CELLS }, () => 0);
  for (let unit = 0; unit < total; unit++) dealt[(from + unit) % cells]! += 1;
  return dealt;
}

/** One arm's totals. */
export function givenArm(does: ArmDoes = {}, window = 0): ArmTotals {
  const { requests = 200, errors = 2, users = 64, latencyMs = 100, slow = 0 } = does;
  const count = deal(requests, users, window * 11);
  const exposures = does.exposures ?? 60;
  const request: EventTotals = {
    count: requests,
    errors,
    valueCount: requests,
    sum: requests * latencyMs,
    sumOfSquares: requests * latencyMs * latencyMs * 1.25,
    over: { '500': slow },
    open: 0,
    histogram: { zero: 0, counts: {} },
    cells: {
      count,
      errors: deal(errors, does.erringCells ?? users, does.erringCells === undefined ? window * 7 : 0),
      valueCount: count,
      open: count.map(() => 0),
      sum: count.map((units) => units * latencyMs),
      over: { '500': deal(slow, users, window * 5) },
    },
  };
  return {
    exposures,
    exposuresWithOutcome: exposures - (does.withoutOutcome ?? 0),
    mixedExposures: does.mixed ?? 0,
    late: does.late ?? 0,
    exposureCells: deal(exposures, users, window * 3),
    events: requests > 0 ? { request } : {},
  };
}

/** One window of five seconds. */
export function givenStratum(
  window: number,
  {
    control = {},
    candidate = {},
    ...rest
  }: { control?: ArmDoes; candidate?: ArmDoes } & Partial<Omit<Stratum, 'control' | 'candidate'>> = {},
): Stratum {
  return {
    windowStartAt: FIRST_WINDOW + window * WINDOW_MS,
    windowMs: WINDOW_MS,
    transition: 1,
    weight: 50,
    segment: '*',
    ...rest,
    control: givenArm(control, window),
    candidate: givenArm(candidate, window + 1),
  };
}

/** So many windows from the first, all alike. */
export function givenWindows(count: number, does: Parameters<typeof givenStratum>[1] = {}, from = 0): Stratum[] {
  return Array.from({ length: count }, (_, index) => givenStratum(from + index, does));
}

export const ERRORS: Metric = Metric.parse({ name: 'errors', kind: 'error_rate', margin: { absolute: 0.02 } });

/** A plan that watches errors. */
export function givenPlan(change: Partial<JudgePlan> = {}): JudgePlan {
  return {
    metrics: [ERRORS],
    falseRollbackRate: 0.01,
    falsePromotionRate: 0.05,
    minimumSample: 100,
    onNoData: 'hold',
    noDataDeadlineMs: 300_000,
    warmUpMs: 0,
    ...change,
  };
}

/** The step at 50 %, its bake served, completion next. */
export function givenContext(change: Partial<StepContext> = {}): StepContext {
  return {
    step: 2,
    weight: 50,
    nextWeight: 100,
    transition: 1,
    stepStartedAt: FIRST_WINDOW,
    raisedAt: FIRST_WINDOW,
    bakeMs: 30_000,
    bakedMs: 30_000,
    safetyEpoch: 0,
    harmEpoch: 0,
    ...change,
  };
}

/** Looks once, ten seconds after the last window given. */
export function whenLooking(
  strata: readonly Stratum[],
  change: Partial<Omit<AnalysisInput, 'strata' | 'context' | 'plan'>> & {
    context?: Partial<StepContext>;
    plan?: Partial<JudgePlan>;
  } = {},
): AnalysisResult {
  const last = strata[strata.length - 1];
  return analyse({
    state: null,
    sourceDown: false,
    nowMs: (last?.windowStartAt ?? FIRST_WINDOW) + WINDOW_MS + 10_000,
    ...change,
    strata,
    plan: givenPlan(change.plan),
    context: givenContext(change.context),
  });
}
