import type { LoadPoint } from '../../ml/forecast/predict-crossing';
import { mulberry32, type Rng } from '../../ml/random/mulberry32';

/** How a metric answers to the weight, or to time. */
export const EFFECTS = {
  /** In proportion to the weight: every request of the candidate loads something that the candidate alone uses. */
  linear: 'linear',
  /** Like the wait at a server that nears its capacity. */
  queue: 'queue',
  /** With the square of the weight. */
  square: 'square',
  /** Nothing until a capacity is passed, then steeply: cannot be foreseen from below. */
  cliff: 'cliff',
  /** With time since the last raise: something leaks. */
  leak: 'leak',
  /** Nothing. */
  none: 'none',
  /** The same at every weight and below the limit: a constant cost, but no effect of load. */
  constant: 'constant',
} as const;
/** One of the effects. */
export type Effect = keyof typeof EFFECTS;

/** A simulated rollout of one metric, minute by minute. */
export interface LoadTrace {
  readonly effect: Effect;
  readonly direction: 'lower_is_better' | 'higher_is_better';
  readonly factor: number;
  readonly points: readonly LoadPoint[];
  /** For each point the weight that the plan serves next. */
  readonly nextWeights: readonly number[];
}

const STEPS = [1, 5, 10, 25, 50, 75, 100];
const STEP_MINUTES = 20;
const MINUTE_MS = 60_000;

/**
 * One trace: seven steps of twenty minutes, 600 to 60,000 requests a minute, noise of 1.5 to 6 % of a value that
 * follows itself from minute to minute (0 to 0.6), bursts in one minute of fifty, a daily cycle in both arms, an own
 * offset of up to 2 %. Latency (crossed above 1.2) or conversion (below 0.93).
 */
export function loadTrace(effect: Effect, seed: number): LoadTrace {
  const random = mulberry32(seed * 7919 + effect.length * 104_729 + effect.charCodeAt(0));
  const lower = random() < 0.5;
  const factor = lower ? 1.2 : 0.93;
  const limit = lower ? 0.2 : 0.07;
  const noise = (lower ? 1 : 0.4) * (0.015 + 0.045 * random());
  const memory = 0.6 * random();
  const requests = 600 * 10 ** (2 * random());
  const offset = (random() - 0.5) * 0.04 * (lower ? 1 : 0.5);
  // Where on the plan the limit is reached.
  const reached = 30 + 65 * random();
  let drift = 0;
  const points: LoadPoint[] = [];
  const nextWeights: number[] = [];
  for (const [step, weight] of STEPS.entries()) {
    for (let minute = 0; minute < STEP_MINUTES; minute += 1) {
      const index = step * STEP_MINUTES + minute;
      drift = memory * drift + Math.sqrt(1 - memory ** 2) * normal(random);
      const burst = random() < 0.02 ? (3 + 5 * random()) * noise : 0;
      const reference = (lower ? 180 : 0.04) * (1 + 0.3 * Math.sin((2 * Math.PI * index) / 1440 + seed));
      const harm = limit * harmOf(effect, weight, reached, index);
      const ratio = 1 + offset + (lower ? harm : -harm) + noise * drift + burst;
      points.push({
        atMs: index * MINUTE_MS,
        weight,
        value: reference * ratio,
        reference,
        units: (requests * weight) / 100 + 20,
      });
      nextWeights.push(STEPS[step + 1] ?? 100);
    }
  }
  return { effect, direction: lower ? 'lower_is_better' : 'higher_is_better', factor, points, nextWeights };
}

/** Harm at a weight and minute as a share of the limit, which is met at `reached` percent. */
export function harmOf(effect: Effect, weight: number, reached: number, minute: number): number {
  switch (effect) {
    case 'linear':
      return weight / reached;
    case 'queue': {
      const capacity = reached * 1.35;
      const wait = (load: number): number => (load >= capacity * 0.97 ? 30 : load / (capacity - load));
      return wait(weight) / wait(reached);
    }
    case 'square':
      return (weight / reached) ** 2;
    case 'cliff':
      return weight < reached ? 0 : 2;
    case 'leak':
      return minute / (1.3 * reached);
    case 'constant':
      return 0.4;
    case 'none':
      return 0;
  }
}

/** A draw of the standard normal distribution. */
export function normal(random: Rng): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
