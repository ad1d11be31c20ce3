import { forecastWalk, type WalkStep } from '../../ml/forecast/drifting-walk';
import { mulberry32, type Rng } from '../../ml/random/mulberry32';
import { normal } from './traces';

/** How the steps of a walk come about. */
export const WALKS = {
  /** Independent, alike: what the interval assumes. */
  normal: 'independent normal steps',
  /** Student's t of three degrees of freedom: now and then a step is large. */
  heavy: 'heavy tails',
  /** Steps that follow those before at 0.5, as evidence of windows that share a burst. */
  memory: 'steps that follow each other (0.5)',
  /** Exponential: mostly small, and all upwards around their mean. */
  skewed: 'skewed steps',
  /** The spread of steps doubles from beginning to end. */
  widening: 'a spread that doubles',
  /** The drift begins in the middle of what was seen. */
  late: 'a drift that begins half-way',
  /** Steps of unequal length. */
  uneven: 'steps of unequal length',
} as const;
/** One of the models. */
export type Walk = keyof typeof WALKS;

/** How often an interval of a stated level held. */
export interface Coverage {
  readonly walk: Walk;
  readonly steps: number;
  /** Shares of walks that lay within the two-sided intervals of 80, 90 and 95 %. */
  readonly within80: number;
  readonly within90: number;
  readonly within95: number;
}

const AHEAD = 5;
const DRIFT = 0.3;

/**
 * Simulates walks, forecasts each five steps on after so many steps, and counts how often it then lay within the interval.
 *
 * @param steps - seen before the forecast; the forecast of failure has 5 to 30
 */
export function coverageOf(walk: Walk, steps: number, walks: number, seed: number): Coverage {
  const random = mulberry32(seed * 7919 + steps * 104_729 + walk.length * 31 + walk.charCodeAt(0));
  const levels = [0.8, 0.9, 0.95];
  const held = levels.map(() => 0);
  for (let one = 0; one < walks; one++) {
    const all = stepsOf(walk, steps + AHEAD, steps, random);
    const ahead = all.slice(steps);
    const reached = ahead.reduce((sum, { gain }) => sum + gain, 0);
    const horizon = ahead.reduce((sum, { length }) => sum + length, 0);
    for (const [index, level] of levels.entries()) {
      const { lower, upper } = forecastWalk(0, all.slice(0, steps), horizon, 1 - (1 - level) / 2);
      if (reached >= lower && reached <= upper) held[index] = (held[index] ?? 0) + 1;
    }
  }
  const [within80 = 0, within90 = 0, within95 = 0] = held.map((count) => count / walks);
  return { walk, steps, within80, within90, within95 };
}

function stepsOf(walk: Walk, count: number, seen: number, random: Rng): WalkStep[] {
  let before = normal(random);
  return Array.from({ length: count }, (_, index) => {
    const length = walk === 'uneven' ? 0.25 + 3 * random() : 1;
    const drift = walk === 'late' && index < seen / 2 ? 0 : DRIFT;
    const noise = noiseOf(walk, before, index / count, random);
    before = noise;
    return { length, gain: drift * length + Math.sqrt(length) * noise };
  });
}

function noiseOf(walk: Walk, before: number, passed: number, random: Rng): number {
  switch (walk) {
    case 'normal':
    case 'late':
    case 'uneven':
      return normal(random);
    case 'heavy': {
      const squares = normal(random) ** 2 + normal(random) ** 2 + normal(random) ** 2;
      return normal(random) / Math.sqrt(squares / 3);
    }
    case 'memory':
      return 0.5 * before + Math.sqrt(0.75) * normal(random);
    case 'skewed':
      return -Math.log(1 - random()) - 1;
    case 'widening':
      return (1 + passed) * normal(random);
  }
}
