import { predictCrossing, type Forecast, type LoadPoint } from '../../ml/forecast/predict-crossing';
import { mulberry32, type Rng } from '../../ml/random/mulberry32';
import { harmOf, normal, type Effect } from './traces';

/** How windows of a metric scatter around its mean. */
export const SCATTERS = {
  /** Each by itself, alike at every weight. */
  plain: 'independent',
  /** Less the more requests: what sampling alone leaves. */
  sampling: 'of sampling',
  /** A window takes 0.6 of the deviation of the one before. */
  following: 'following (0.6)',
  /** The same at 0.9: hours that are a little off. */
  wandering: 'following (0.9)',
  /** Student's t of three degrees of freedom. */
  heavy: 'heavy tails',
  /** Independent, and bursts of three to eight deviations in one window of fifty. */
  bursts: 'bursts',
} as const;
/** One of the kinds of scatter. */
export type Scatter = keyof typeof SCATTERS;

/** How often forecasts of one kind held. */
export interface Held {
  readonly forecasts: number;
  /** Shares of true means within the two bounds of 90 % each, below and above them. */
  readonly within: number;
  readonly below: number;
  readonly above: number;
  /** Mean width, in the distance from 1 to the metric's limit. */
  readonly width: number;
}

/** How often the forecasts at the current and at the next weight held. */
export interface BehaviourCoverage {
  readonly effect: Effect;
  readonly scatter: Scatter;
  readonly current: Held;
  readonly next: Held;
}

const STEPS = [1, 5, 10, 25, 50, 75, 100];
const STEP_MINUTES = 20;
const MINUTE_MS = 60_000;
const LIMIT = 0.2;
const FIRST_LOOK = 10;
const LOOK_MINUTES = 3;

/**
 * Simulates rollouts of seven steps of twenty minutes whose true mean is known at each weight and time, forecasts them
 * every three minutes, and counts how often the truth lay within the bounds of 90 %. The forecast at the current weight
 * is for the end of the step. Scatter of 1.5 to 6 % a window, an own offset of up to 2 %, a limit 20 % above.
 */
export function coverageOfBehaviour(effect: Effect, scatter: Scatter, traces: number, seed: number): BehaviourCoverage {
  const current = emptyCount();
  const next = emptyCount();
  for (let one = 0; one < traces; one++) {
    const random = mulberry32((seed + one) * 7919 + effect.charCodeAt(0) * 104_729 + scatter.charCodeAt(0) * 31);
    const reached = 30 + 65 * random();
    const offset = (random() - 0.5) * 0.04;
    const truth = (weight: number, minute: number): number =>
      1 + offset + LIMIT * Math.min(30, harmOf(effect, weight, reached, minute));
    const points = pointsOf(scatter, truth, random);
    for (let look = FIRST_LOOK; look < points.length; look += LOOK_MINUTES) {
      const step = Math.floor(look / STEP_MINUTES);
      const [weight = 100, nextWeight] = STEPS.slice(step, step + 2);
      const end = (step + 1) * STEP_MINUTES - 1;
      const answer = predictCrossing({
        points: points.slice(0, look + 1),
        nextWeight: nextWeight ?? 100,
        direction: 'lower_is_better',
        factor: 1 + LIMIT,
        horizonMs: Math.max(1, end - look) * MINUTE_MS,
      });
      count(current, answer.atCurrent, truth(weight, Math.max(end, look + 1)));
      if (nextWeight !== undefined) count(next, answer.atNext, truth(nextWeight, Math.max(end, look + 1)));
    }
  }
  return { effect, scatter, current: heldOf(current), next: heldOf(next) };
}

function pointsOf(scatter: Scatter, truth: (weight: number, minute: number) => number, random: Rng): LoadPoint[] {
  const noise = 0.015 + 0.045 * random();
  const requests = 600 * 10 ** (2 * random());
  let deviation = normal(random);
  return STEPS.flatMap((weight, step) =>
    Array.from({ length: STEP_MINUTES }, (_, minute): LoadPoint => {
      const at = step * STEP_MINUTES + minute;
      const units = (requests * weight) / 100 + 20;
      deviation = nextDeviation(scatter, deviation, random);
      const size = scatter === 'sampling' ? noise * Math.sqrt((requests / 10 + 20) / units) : noise;
      const burst = scatter === 'bursts' && random() < 0.02 ? 3 + 5 * random() : 0;
      const value = truth(weight, at) + size * (deviation + burst);
      return { atMs: at * MINUTE_MS, weight, value, reference: 1, units };
    }),
  );
}

function nextDeviation(scatter: Scatter, before: number, random: Rng): number {
  switch (scatter) {
    case 'plain':
    case 'sampling':
    case 'bursts':
      return normal(random);
    case 'following':
      return 0.6 * before + 0.8 * normal(random);
    case 'wandering':
      return 0.9 * before + Math.sqrt(0.19) * normal(random);
    case 'heavy': {
      const squares = normal(random) ** 2 + normal(random) ** 2 + normal(random) ** 2;
      // Of variance 3 as it is.
      return normal(random) / Math.sqrt(squares);
    }
  }
}

interface Count {
  forecasts: number;
  below: number;
  above: number;
  width: number;
}

function emptyCount(): Count {
  return { forecasts: 0, below: 0, above: 0, width: 0 };
}

function count(counted: Count, forecast: Forecast | null, truth: number): void {
  if (forecast === null) return;
  counted.forecasts += 1;
  counted.width += (forecast.upper - forecast.lower) / LIMIT;
  if (truth < forecast.lower) counted.below += 1;
  if (truth > forecast.upper) counted.above += 1;
}

function heldOf({ forecasts, below, above, width }: Count): Held {
  const share = (of: number): number => (forecasts === 0 ? 0 : of / forecasts);
  return { forecasts, within: 1 - share(below + above), below: share(below), above: share(above), width: share(width) };
}
