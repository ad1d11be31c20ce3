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
  /** Forecasts of a probability that moved, five looks before another look, and the share of later values that lay within the 90 % interval. */
  readonly forecasts: number;
  readonly within: number;
  /** Forecasts made while the probability rested at its floor, and how many had left it five looks on: without a step there is no spread. */
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

/** Runs `rollouts` of one kind under one transition, a look a minute, each until it is rolled back or an hour and a half has passed. */
export function summariseFailures(noise: Noise, times: number, rollouts: number, seed: number): FailureSummary {
  const runs = Array.from({ length: rollouts }, (_, index) => follow(noise, times, seed + index));
  const rolledBack = runs.filter(({ rolledBackAt }) => rolledBackAt !== null);
  const leads = rolledBack
    .map(({ alertedAt, rolledBackAt }) => (alertedAt === null ? 0 : Math.max(0, (rolledBackAt ?? 0) - alertedAt)))
    .sort((a, b) => a - b);
  const at = (share: number): number => leads[Math.min(leads.length - 1, Math.floor(share * leads.length))] ?? 0;
  const total = (of: 'forecasts' | 'within' | 'resting' | 'leftRest'): number =>
    runs.reduce((sum, run) => sum + run[of], 0);
  const forecasts = total('forecasts');
  return {
    noise,
    times,
    rollouts,
    rolledBack: rolledBack.length,
    alerted: runs.filter(({ alertedAt }) => alertedAt !== null).length,
    alertedBefore: leads.filter((lead) => lead >= 1).length,
    lead: leads.length === 0 ? null : { p10: at(0.1), median: at(0.5), p90: at(0.9) },
    forecasts,
    within: forecasts === 0 ? 0 : total('within') / forecasts,
    resting: total('resting'),
    leftRest: total('leftRest'),
  };
}

function follow(noise: Noise, times: number, seed: number) {
  const random = mulberry32(seed * 7919 + times * 104_729 + noise.charCodeAt(0));
  const levels = { control: normal(random), candidate: normal(random) };
  let state: AnalysisState | null = null;
  let alertedAt: number | null = null;
  const waiting: { at: number; lower: number; upper: number }[] = [];
  const held = { forecasts: 0, within: 0, resting: 0, leftRest: 0 };
  for (let minute = 0; minute < MINUTES; minute++) {
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
      const isWithin = later >= due.lower - ROUNDING && later <= due.upper + ROUNDING;
      if (due.upper - due.lower > ROUNDING) {
        held.forecasts += 1;
        if (isWithin) held.within += 1;
      } else {
        held.resting += 1;
        if (!isWithin) held.leftRest += 1;
      }
    }
    if (forecast !== null) waiting.push({ at: minute + LOOKS_AHEAD, lower: forecast.lower, upper: forecast.upper });
    if (forecast?.isAlert === true) alertedAt ??= minute;
    if (analysis.verdict === Verdict.Rollback) return { rolledBackAt: minute, alertedAt, ...held };
  }
  return { rolledBackAt: null, alertedAt, ...held };
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
