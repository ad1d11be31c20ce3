import { parseArgs } from 'node:util';
import { armSample } from '../../analysis/arm-sample';
import { addToTrial, emptyTrial, logSteady, logSwift } from '../../analysis/evidence/trial';
import { Metric } from '../../flags/plan/metric';
import type { ArmTotals, EventTotals } from '../../metrics/windows';
import { median } from '../../ml/robust/median';
import { mulberry32, type Rng } from '../../ml/random/mulberry32';
import { binomial, normal, poisson } from './traces/draw';
import { drawBins } from './traces/latency';
import { FIRST_BIN, MIDDLE_MS } from './traces/trace';

const MINUTE_MS = 60_000;
const MARGIN = 1.1;
const margin = { relative: MARGIN - 1 };

/** A metric and the traffic it is judged on. */
export interface Case {
  readonly metric: Metric;
  readonly requestsPerMinute: number;
  /** Candidate's share of the requests, 0–1. */
  readonly share: number;
  /** Share of control's requests that fail; latency is lognormal around 100 ms with a log sd of 0.5. */
  readonly failing: number;
}

const FEW = { requestsPerMinute: 10_000, share: 0.05, failing: 0 };
const errors = Metric.parse({ name: 'errors', kind: 'error_rate', margin });
const denominator = { event: 'request', measure: 'count' } as const;
const ratio = Metric.parse({ name: 'ratio', kind: 'ratio', direction: 'lower_is_better', denominator, margin });

/** What is judged, by the name on the command line. */
export const CASES = {
  ratio: { metric: ratio, requestsPerMinute: 1000, share: 0.5, failing: 0 },
  distribution: { ...FEW, metric: Metric.parse({ name: 'all', kind: 'distribution', margin }) },
  p50: { ...FEW, metric: Metric.parse({ name: 'p50', kind: 'quantile', quantile: 0.5, margin }) },
  p99: { ...FEW, metric: Metric.parse({ name: 'p99', kind: 'quantile', quantile: 0.99, margin }) },
  errors: { metric: errors, requestsPerMinute: 10_000, share: 0.1, failing: 0.01 },
  'errors-many': { metric: errors, requestsPerMinute: 60_000, share: 0.1, failing: 0.05 },
  'errors-half': { metric: errors, requestsPerMinute: 10_000, share: 0.5, failing: 0.01 },
  'errors-half-few': { metric: errors, requestsPerMinute: 1000, share: 0.5, failing: 0.01 },
} as const satisfies Readonly<Record<string, Case>>;

/** Noise of each arm's own: it multiplies the arm's level for a whole minute, whatever the length of windows. */
export interface ArmNoise {
  /** Log standard deviation. */
  readonly spread: number;
  /** Correlation of the log noise of neighbouring minutes, 0–1. */
  readonly carry: number;
}

/** How long a rollout is, and what its candidate does. */
export interface Course {
  readonly minutes: number;
  readonly windowMs: number;
  /** Candidate's level as a multiple of control's: 1.1 stands just at the margin. */
  readonly times: number;
  /** Minutes at control's level before that. */
  readonly calmMinutes: number;
}

/** The three ways to decide, `safe` with user cells and without. Cells are taken to show just independence. */
const WAYS = ['fast', 'safe with cells', 'safe', 'auto'] as const;
export type Way = (typeof WAYS)[number];

/** The tests of harm see no cells; what they show is assumed. */
const NO_CELLS = { count: [], errors: [], valueCount: [], open: [], sum: [], over: {} };

const INDEPENDENT = { candidate: 1, control: 1, events: Number.MAX_SAFE_INTEGER };

/**
 * Judges one simulated rollout by one guardrail's trial alone, looking after each window.
 *
 * @param rate - false-rollback rate promised
 * @returns seconds after the calm at which each way would have rolled back; left out for never
 */
export function runTrial(
  seed: number,
  { metric, requestsPerMinute, share, failing }: Case,
  noise: ArmNoise,
  { minutes, windowMs, times, calmMinutes }: Course,
  rate = 0.01,
): Partial<Record<Way, number>> {
  const rng = mulberry32(seed);
  const trial = emptyTrial(metric);
  const found: Partial<Record<Way, number>> = {};
  const [candidateNoise, controlNoise] = [drifting(rng, noise), drifting(rng, noise)];
  const perWindow = (requestsPerMinute * windowMs) / MINUTE_MS;
  for (let minute = 0; minute < calmMinutes + minutes; minute++) {
    const harm = minute < calmMinutes ? 0 : Math.log(times);
    const candidateLevel = harm + candidateNoise();
    const controlLevel = controlNoise();
    for (let at = 0; at < MINUTE_MS; at += windowMs) {
      const candidate = armSample(metric, serve(rng, perWindow * share, candidateLevel, failing));
      const control = armSample(metric, serve(rng, perWindow * (1 - share), controlLevel, failing));
      const startAt = minute * MINUTE_MS + at;
      addToTrial(trial, metric, [{ candidate, control }], { startAt, windowMs, raisedAt: startAt, warmUpMs: 0 });
      const evidence: Record<Way, () => number> = {
        fast: () => logSwift(trial, metric, true),
        'safe with cells': () => logSteady(trial, metric, INDEPENDENT),
        safe: () => logSteady(trial, metric, null),
        auto: () => logSwift(trial, metric, false),
      };
      for (const way of WAYS) {
        if (found[way] === undefined && evidence[way]() >= -Math.log(rate)) {
          found[way] = (startAt + windowMs) / 1000 - calmMinutes * 60;
        }
      }
    }
    if (WAYS.every((way) => found[way] !== undefined)) break;
  }
  return found;
}

/** An autoregressive series of order one that is stationary from its first value. */
function drifting(rng: Rng, { spread, carry }: ArmNoise): () => number {
  let value = normal(rng);
  let isFirst = true;
  return () => {
    if (!isFirst) value = carry * value + Math.sqrt(1 - carry * carry) * normal(rng);
    isFirst = false;
    return spread * value;
  };
}

function serve(rng: Rng, load: number, level: number, failing: number): ArmTotals {
  const count = poisson(rng, load);
  const counts: Record<string, number> = {};
  let sum = 0;
  let squares = 0;
  if (failing === 0) {
    for (const [bin, drawn] of drawBins(rng, count, { mu: Math.log(100) + level, sigma: 0.5 }).entries()) {
      if (drawn === 0) continue;
      const middle = MIDDLE_MS[bin] as number;
      counts[String(FIRST_BIN + bin)] = drawn;
      sum += drawn * middle;
      squares += drawn * middle * middle;
    }
  }
  const request: EventTotals = {
    count,
    errors: failing === 0 ? 0 : binomial(rng, count, Math.min(1, failing * Math.exp(level))),
    valueCount: failing === 0 ? count : 0,
    sum,
    sumOfSquares: squares,
    over: {},
    open: 0,
    histogram: { zero: 0, counts },
    cells: NO_CELLS,
  };
  const exposed = { exposures: count, exposuresWithOutcome: count, mixedExposures: 0, late: 0, exposureCells: [] };
  return { ...exposed, events: { request } };
}

const USAGE =
  'usage: [--only ratio,errors,…] [--noise 0,0.06,…] [--carry 0] [--window-s 60] [--minutes 60] [--calm 0] [--times 1.1] [--rollouts 300] [--seed 9301]';

/** For each metric and noise: how many rollouts each way would have rolled back, and after how many seconds (median). */
function main(): void {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', default: Object.keys(CASES).join(',') },
      noise: { type: 'string', default: '0' },
      carry: { type: 'string', default: '0' },
      'window-s': { type: 'string', default: '60' },
      minutes: { type: 'string', default: '60' },
      calm: { type: 'string', default: '0' },
      times: { type: 'string', default: String(MARGIN) },
      rollouts: { type: 'string', default: '300' },
      seed: { type: 'string', default: '9301' },
    },
  });
  const course: Course = {
    minutes: Number(values.minutes),
    windowMs: Number(values['window-s']) * 1000,
    times: Number(values.times),
    calmMinutes: Number(values.calm),
  };
  console.log(['metric', 'noise', 'carry', 'rollouts', ...WAYS].join(' | '));
  for (const name of values.only.split(',')) {
    const judged = Object.entries(CASES).find(([other]) => other === name)?.[1];
    if (judged === undefined) throw new Error(USAGE);
    for (const carry of values.carry.split(',').map(Number)) {
      for (const spread of values.noise.split(',').map(Number)) {
        const found = Array.from({ length: Number(values.rollouts) }, (_, index) =>
          runTrial(Number(values.seed) * 1_000_003 + index * 7919, judged, { spread, carry }, course),
        );
        const cells = WAYS.map((way) => {
          const seconds = found.flatMap((each) => each[way] ?? []);
          const share = `${((100 * seconds.length) / found.length).toFixed(1)} %`;
          return seconds.length === 0 ? share : `${share}, ${median(seconds)} s`;
        });
        console.log([name, spread, carry, found.length, ...cells].join(' | '));
      }
    }
  }
}

if (require.main === module) main();
