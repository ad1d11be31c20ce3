import type { ArmTotals, EventTotals, Stratum } from '../../metrics/windows';
import type { Rng } from '../../ml/random/mulberry32';
import { binomial, normal, poisson } from './samplers';

const CELLS = 64;
const SLOW_MS = 500;

/** A simulated rollout: traffic, noise and the harm that the candidate does. */
export interface Scenario {
  readonly windowMs: number;
  readonly requestsPerMinute: number;
  readonly users: number;
  /** Pareto exponent of requests per user; 0 for users who are all alike. */
  readonly tail: number;
  /** Weight (percent) by window, from the first; the last one lasts. */
  readonly weights: readonly { readonly weight: number; readonly windows: number }[];
  readonly errorRate: number;
  /** Swing of traffic and error rate over a cycle of 120 windows, as a share. */
  readonly cycle: number;
  /** Growth of the error rate over 120 windows, as a share. */
  readonly drift: number;
  /** Spread of each user's own error rate (sd of its log). */
  readonly userSpread: number;
  /** Noise of each arm's error rate between windows (CV), not shared with the other arm. */
  readonly armNoise: number;
  /** Chance that a window multiplies one arm's error rate by ten. */
  readonly burst: number;
  /** Errors a minute of one broken client, who falls into the candidate with the chance of its weight. */
  readonly badClient: number;
  /** Candidate's effect from this window on. */
  readonly onset: number;
  readonly harm: { readonly times?: number; readonly plus?: number; readonly latency?: number; readonly tail?: number };
}

/** A calm service with many even users at a constant half, for scenarios to change. */
export const CALM: Scenario = {
  windowMs: 5000,
  requestsPerMinute: 6000,
  users: 5000,
  tail: 0,
  weights: [{ weight: 50, windows: 1 }],
  errorRate: 0.01,
  cycle: 0,
  drift: 0,
  userSpread: 0,
  armNoise: 0,
  burst: 0,
  badClient: 0,
  onset: 0,
  harm: {},
};

interface Population {
  readonly activity: Float64Array;
  readonly errorFactor: Float64Array;
  readonly users: Float64Array;
}

/** Yields one window after the other, without end. Each user keeps cell, bucket, activity and error rate for life. */
export function* simulate(rng: Rng, scenario: Scenario): Generator<Stratum> {
  const users = Array.from({ length: scenario.users }, () => ({
    cell: Math.floor(rng() * CELLS),
    bucket: rng() * 100,
    activity: scenario.tail > 0 ? Math.min(1e4, (1 - rng()) ** (-1 / scenario.tail)) : 1,
    factor: scenario.userSpread > 0 ? Math.exp(scenario.userSpread * normal(rng) - scenario.userSpread ** 2 / 2) : 1,
  }));
  const total = users.reduce((sum, { activity }) => sum + activity, 0);
  const bad = { bucket: rng() * 100, cell: Math.floor(rng() * CELLS) };
  let weight = -1;
  let transition = 0;
  let arms = { control: populate(users, total, () => true), candidate: populate(users, total, () => false) };
  for (let window = 0; ; window++) {
    const now = weightAt(scenario, window);
    if (now !== weight) {
      weight = now;
      transition += 1;
      arms = {
        control: populate(users, total, ({ bucket }) => bucket >= now),
        candidate: populate(users, total, ({ bucket }) => bucket < now),
      };
    }
    const phase = Math.sin((2 * Math.PI * window) / 120);
    const requests = ((scenario.requestsPerMinute * scenario.windowMs) / 60_000) * (1 + scenario.cycle * phase);
    const rate = scenario.errorRate * (1 + scenario.cycle * phase) * (1 + scenario.drift * Math.min(10, window / 120));
    const harm = window >= scenario.onset ? scenario.harm : {};
    const noise = (): number =>
      Math.max(0, 1 + scenario.armNoise * normal(rng)) * (rng() < scenario.burst / 2 ? 10 : 1);
    const badErrors = (inCandidate: boolean): number =>
      scenario.badClient > 0 && bad.bucket < weight === inCandidate
        ? poisson(rng, (scenario.badClient * scenario.windowMs) / 60_000)
        : 0;
    yield {
      windowStartAt: 1_700_000_000_000 + window * scenario.windowMs,
      windowMs: scenario.windowMs,
      transition,
      weight,
      segment: '*',
      control: serve(rng, arms.control, { requests, rate: rate * noise(), bad: badErrors(false), at: bad.cell }),
      candidate: serve(rng, arms.candidate, {
        requests,
        rate: Math.min(1, rate * noise() * (harm.times ?? 1) + (harm.plus ?? 0)),
        bad: badErrors(true),
        at: bad.cell,
        latency: harm.latency,
        tail: harm.tail,
      }),
    };
  }
}

/** Weight served in a window. */
export function weightAt({ weights }: Scenario, window: number): number {
  let end = 0;
  for (const step of weights) {
    end += step.windows;
    if (window < end) return step.weight;
  }
  return weights[weights.length - 1]?.weight ?? 0;
}

function populate<T extends { cell: number; activity: number; factor: number }>(
  all: readonly T[],
  total: number,
  belongs: (user: T) => boolean,
): Population {
  const population = {
    activity: new Float64Array(CELLS),
    errorFactor: new Float64Array(CELLS),
    users: new Float64Array(CELLS),
  };
  for (const user of all) {
    if (!belongs(user)) continue;
    population.activity[user.cell]! += user.activity / total;
    population.errorFactor[user.cell]! += (user.activity / total) * user.factor;
    population.users[user.cell]! += 1;
  }
  return population;
}

interface Load {
  readonly requests: number;
  readonly rate: number;
  readonly bad: number;
  readonly at: number;
  readonly latency?: number | undefined;
  readonly tail?: number | undefined;
}

function serve(rng: Rng, { activity, errorFactor, users }: Population, load: Load): ArmTotals {
  const zeros = (): number[] => Array.from({ length: CELLS }, () => 0);
  const cells = { count: zeros(), errors: zeros(), valueCount: zeros(), open: zeros(), sum: zeros(), over: zeros() };
  const exposureCells = zeros();
  let sumOfSquares = 0;
  for (let cell = 0; cell < CELLS; cell++) {
    const share = activity[cell]!;
    const count = poisson(rng, load.requests * share);
    const extra = cell === load.at ? load.bad : 0;
    const rate = share > 0 ? Math.min(1, (load.rate * errorFactor[cell]!) / share) : 0;
    const values = latencies(rng, count, load);
    cells.count[cell] = count + extra;
    cells.errors[cell] = binomial(rng, count, rate) + extra;
    cells.valueCount[cell] = count;
    cells.sum[cell] = values.sum;
    cells.over[cell] = values.over;
    sumOfSquares += values.squares;
    const own = users[cell]!;
    exposureCells[cell] = own > 0 ? binomial(rng, own, 1 - (1 - 1 / own) ** count) : 0;
  }
  const total = (list: readonly number[]): number => list.reduce((sum, value) => sum + value, 0);
  const request: EventTotals = {
    count: total(cells.count),
    errors: total(cells.errors),
    valueCount: total(cells.valueCount),
    sum: total(cells.sum),
    sumOfSquares,
    over: { [SLOW_MS]: total(cells.over) },
    open: 0,
    histogram: { zero: 0, counts: {} },
    cells: { ...cells, over: { [SLOW_MS]: cells.over } },
  };
  const exposures = total(exposureCells);
  const events: Record<string, EventTotals> = request.count > 0 ? { request } : {};
  return { exposures, exposuresWithOutcome: exposures, mixedExposures: 0, late: 0, exposureCells, events };
}

/** Lognormal latencies with a median of 100 ms and a p99 of about 320 ms; many of them are drawn by their moments. */
function latencies(rng: Rng, count: number, { latency = 1, tail = 0 }: Load) {
  const sigma = 0.5;
  const scale = 100 * latency;
  let sum = 0;
  let squares = 0;
  let over = 0;
  const each = Math.min(count, 12);
  for (let index = 0; index < each; index++) {
    const value = scale * Math.exp(sigma * normal(rng)) * (rng() < tail ? 5 : 1);
    sum += value;
    squares += value * value;
    if (value > SLOW_MS) over += 1;
  }
  const rest = count - each;
  if (rest > 0) {
    const slow = binomial(rng, rest, tail);
    const mean = scale * Math.exp(sigma ** 2 / 2);
    const spread = mean * Math.sqrt(Math.exp(sigma ** 2) - 1);
    const drawn = (rest + 4 * slow) * mean + Math.sqrt(rest + 24 * slow) * spread * normal(rng);
    sum += drawn;
    squares += (rest + 24 * slow) * (mean * mean + spread * spread);
    over += binomial(rng, rest - slow, upper(Math.log(SLOW_MS / scale) / sigma));
    over += binomial(rng, slow, upper(Math.log(SLOW_MS / (5 * scale)) / sigma));
  }
  return { sum, squares, over };
}

/** Upper tail of the standard normal by a classic approximation, good to 1e-7, which is enough for drawing. */
function upper(z: number): number {
  if (z < 0) return 1 - upper(-z);
  const t = 1 / (1 + 0.2316419 * z);
  const poly = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * poly;
}
