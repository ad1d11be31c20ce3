import { analyse } from '../../analysis/analyse';
import { Verdict, type AnalysisState, type JudgePlan, type StepContext } from '../../analysis/types';
import { resolvePlan } from '../../flags/plan/resolve-plan';
import { CELL_COUNT } from '../../metrics/events';
import { ALL_USERS, JUDGE_AFTER_MS, type ArmTotals, type Stratum } from '../../metrics/windows';
import { mulberry32, type Rng } from '../../ml/random/mulberry32';
import { normal } from './traces';

/** How the noise of errors comes about, from minute to minute. */
export const NOISES = {
  /** Requests fail independently of each other. */
  independent: { spread: 0, memory: 0 },
  /** The rate of each minute and arm varies by 20 %. */
  overdispersed: { spread: 0.2, memory: 0 },
  /** The same, and what a minute has the next has too, at 0.6. */
  following: { spread: 0.2, memory: 0.6 },
} as const;
/** One of the noise models. */
export type Noise = keyof typeof NOISES;

/** What became of many rollouts whose candidate fails so many times as often. */
export interface FailureSummary {
  readonly noise: Noise;
  readonly times: number;
  readonly rollouts: number;
  readonly rolledBack: number;
  readonly alerted: number;
  /** Of those rolled back: alerted at least one look before. */
  readonly alertedBefore: number;
  /** Looks from alert to rollback of those rolled back, 0 without an alert before: tenth percentile, median, ninetieth. */
  readonly lead: { readonly p10: number; readonly median: number; readonly p90: number } | null;
  /** Looks from the first that had evidence of harm to the rollback, the most that any forecast could lead by: the same. */
  readonly room: FailureSummary['lead'];
  /**
   * Forecasts up to the rollback whose interval is more than a point, and shares of values five looks on that lay
   * within its 90 %, below and above it; after a rollback traffic goes on as if it had not been.
   */
  readonly forecasts: number;
  readonly within: number;
  readonly below: number;
  readonly above: number;
  /** Mean width of these intervals, as a probability. */
  readonly width: number;
  /** Forecasts that the probability stays at its floor, and how many had left it five looks on. */
  readonly resting: number;
  readonly leftRest: number;
}

const MINUTE_MS = 60_000;
const MINUTES = 90;
const LOOKS_AHEAD = 5;
const REQUESTS = 3_000;
const WEIGHT = 20;
const BASE_RATE = 0.01;
/** Probabilities that differ by less are the same. */
const ROUNDING = 1e-9;

const PLAN: JudgePlan = resolvePlan({
  flag: 'checkout',
  candidate: 'on',
  environment: 'simulated',
  steps: [WEIGHT, 50],
  bake: '10m',
  minimumSample: 100,
  metrics: [{ name: 'errors', kind: 'error_rate', margin: '0.2pp' }],
  prediction: { mode: 'act', forecast: { looks: LOOKS_AHEAD, alertAt: 0.5 } },
});

/**
 * Runs `rollouts` of one kind under one transition, a look a minute, each until it is rolled back or an hour and a half
 * has passed.
 */
export function summariseFailures(noise: Noise, times: number, rollouts: number, seed: number): FailureSummary {
  const runs = Array.from({ length: rollouts }, (_, index) => follow(noise, times, seed + index));
  const rolledBack = runs.filter(({ rolledBackAt }) => rolledBackAt !== null);
  const spreadOf = (looks: readonly number[]): FailureSummary['lead'] => {
    const sorted = [...looks].sort((a, b) => a - b);
    const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
    return sorted.length === 0 ? null : { p10: at(0.1), median: at(0.5), p90: at(0.9) };
  };
  const until = (run: FailureRun, from: number | null): number =>
    from === null || run.rolledBackAt === null ? 0 : Math.max(0, run.rolledBackAt - from);
  const leads = rolledBack.map((run) => until(run, run.alertedAt));
  const total = (of: keyof Held): number => runs.reduce((sum, run) => sum + run.held[of], 0);
  const forecasts = total('forecasts');
  const share = (of: keyof Held): number => (forecasts === 0 ? 0 : total(of) / forecasts);
  return {
    noise,
    times,
    rollouts,
    rolledBack: rolledBack.length,
    alerted: runs.filter(({ alertedAt }) => alertedAt !== null).length,
    alertedBefore: leads.filter((lead) => lead >= 1).length,
    lead: spreadOf(leads),
    room: spreadOf(rolledBack.map((run) => until(run, run.harmKnownAt))),
    forecasts,
    within: 1 - share('below') - share('above'),
    below: share('below'),
    above: share('above'),
    width: share('width'),
    resting: total('resting'),
    leftRest: total('leftRest'),
  };
}

interface Held {
  forecasts: number;
  below: number;
  above: number;
  width: number;
  resting: number;
  leftRest: number;
}

interface FailureRun {
  readonly alertedAt: number | null;
  readonly rolledBackAt: number | null;
  /** First look with any evidence of harm, for or against. */
  readonly harmKnownAt: number | null;
  readonly held: Held;
}

function follow(noise: Noise, times: number, seed: number): FailureRun {
  const random = mulberry32(seed * 7919 + times * 104_729 + noise.charCodeAt(0));
  const levels = { control: normal(random), candidate: normal(random) };
  let state: AnalysisState | null = null;
  let alertedAt: number | null = null;
  let rolledBackAt: number | null = null;
  let harmKnownAt: number | null = null;
  const waiting: { at: number; lower: number; upper: number }[] = [];
  const held: Held = { forecasts: 0, below: 0, above: 0, width: 0, resting: 0, leftRest: 0 };
  for (let minute = 0; minute < Math.min(MINUTES, (rolledBackAt ?? MINUTES) + LOOKS_AHEAD + 1); minute++) {
    const { spread, memory } = NOISES[noise];
    for (const arm of ['control', 'candidate'] as const) {
      levels[arm] = memory * levels[arm] + Math.sqrt(1 - memory ** 2) * normal(random);
    }
    const rateOf = (level: number, factor: number): number => Math.max(0, BASE_RATE * factor * (1 + spread * level));
    const stratum: Stratum = {
      windowStartAt: minute * MINUTE_MS,
      windowMs: MINUTE_MS,
      transition: 1,
      weight: WEIGHT,
      segment: ALL_USERS,
      control: armOf((REQUESTS * (100 - WEIGHT)) / 100, rateOf(levels.control, 1), random),
      candidate: armOf((REQUESTS * WEIGHT) / 100, rateOf(levels.candidate, times), random),
    };
    const judgedMs = (minute + 1) * MINUTE_MS;
    const { analysis, state: next } = analyse({
      plan: PLAN,
      context: contextAt(judgedMs),
      strata: [stratum],
      state,
      sourceDown: false,
      failurePrior: 0.2,
      nowMs: judgedMs + JUDGE_AFTER_MS,
    });
    state = next;
    const { confidence, failureForecast: forecast } = analysis;
    const due = waiting[0]?.at === minute ? waiting.shift() : undefined;
    if (due !== undefined && confidence !== null) {
      const later = 1 - confidence;
      const [isBelow, isAbove] = [later < due.lower - ROUNDING, later > due.upper + ROUNDING];
      if (due.upper - due.lower > ROUNDING) {
        held.forecasts += 1;
        held.width += due.upper - due.lower;
        if (isBelow) held.below += 1;
        if (isAbove) held.above += 1;
      } else {
        held.resting += 1;
        if (isBelow || isAbove) held.leftRest += 1;
      }
    }
    if (rolledBackAt !== null) continue;
    if (analysis.harmEvidence !== 1) harmKnownAt ??= minute;
    if (forecast !== null) waiting.push({ at: minute + LOOKS_AHEAD, lower: forecast.lower, upper: forecast.upper });
    if (forecast?.isAlert === true) alertedAt ??= minute;
    if (analysis.verdict === Verdict.Rollback) rolledBackAt = minute;
  }
  return { rolledBackAt, alertedAt, harmKnownAt, held };
}

function contextAt(judgedMs: number): StepContext {
  return {
    step: 0,
    weight: WEIGHT,
    nextWeight: 50,
    transition: 1,
    stepStartedAt: 0,
    raisedAt: 0,
    bakeMs: 10 * MINUTE_MS,
    bakedMs: judgedMs,
    safetyEpoch: 0,
    harmEpoch: 0,
  };
}

function armOf(requests: number, errorRate: number, random: Rng): ArmTotals {
  const mean = requests * errorRate;
  const errors = Math.max(0, Math.min(requests, Math.round(mean + Math.sqrt(mean * (1 - errorRate)) * normal(random))));
  const none = new Array<number>(CELL_COUNT).fill(0);
  return {
    exposures: requests,
    exposuresWithOutcome: requests,
    mixedExposures: 0,
    late: 0,
    // Without cells, as from a recording: nothing tells how clustered requests are.
    exposureCells: none,
    events: {
      request: {
        count: requests,
        errors,
        valueCount: 0,
        sum: 0,
        sumOfSquares: 0,
        over: {},
        open: 0,
        histogram: { zero: 0, counts: {} },
        cells: { count: none, errors: none, valueCount: none, open: none, sum: none, over: {} },
      },
    },
  };
}
