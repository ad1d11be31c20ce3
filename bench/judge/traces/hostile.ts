import type { Rng } from '../../../ml/random/mulberry32';
import { betaShare, binomial, choose, gamma, normal, poisson, uniform } from './draw';
import { ar1, drawIncident, drawOnset, drawTail, effectOf, traceRng, type Effect, type TraceOptions } from './effects';
import { drawBins, drawCellSums } from './latency';
import { drawPopulation, shareOut, type ArmUsers, type Population } from './population';
import { HORIZON, type Kind, type Trace, type TraceArm, type TraceMinute } from './trace';

/** What makes one hostile rollout hard; each is drawn apart, and each is absent from some rollouts. */
interface Hostility {
  readonly requestsPerMinute: number;
  readonly baseErrorRate: number;
  readonly sigma: number;
  readonly medianMs: number;
  readonly swing: number;
  readonly phase: number;
  readonly weights: readonly number[];
  readonly population: Population;
  /** Requests of a user that come together, on average. */
  readonly clump: number;
  /** Log error rate and log latency of both arms, and of each arm alone, by minute. */
  readonly errorDrift: Drift;
  readonly latencyDrift: Drift;
  /** Chance of a bad minute of one arm. */
  readonly burstRate: number;
  /** Share of minutes without numbers of any arm, and of one arm. */
  readonly lostMinutes: number;
  readonly lostArms: number;
  readonly badClient: BadClient | null;
  /** Variation of each arm's own error rate between minutes, as CV. */
  readonly ownCv: { readonly control: number; readonly candidate: number };
}

interface Drift {
  readonly control: readonly number[];
  readonly candidate: readonly number[];
}

/** One client whose requests all fail for a while. */
interface BadClient {
  readonly bucket: number;
  readonly cell: number;
  readonly errorsPerMinute: number;
  readonly from: number;
  readonly to: number;
}

/**
 * A rollout with the noise that breaks request-level tests: users of very unequal activity and error rates who come in
 * clumps, one client that fails all the time, minutes that depend on each other, arms that drift together only in part,
 * single bad minutes of one arm, lost scrapes, and weights that go up and down.
 */
export function hostileTrace(options: TraceOptions): Trace {
  const rng = traceRng(options.seed ^ 0x5bd1e995, options.index);
  return simulateUsers(rng, 'hostile', drawHostility(rng, options.kind, options.constantWeight ?? false), options);
}

/**
 * A rollout whose arms are alike in law: cycles, clustered users who come in clumps, the same noise of each arm's own
 * between minutes, weights that go up and down. Whatever differs between the arms differs by chance, so every rollback
 * of one that does no harm is false.
 */
export function exchangeableTrace(options: TraceOptions): Trace {
  const rng = traceRng(options.seed ^ 0x27d4eb2f, options.index);
  const drawn = drawHostility(rng, options.kind, options.constantWeight ?? false);
  const cv = uniform(rng, 0, 0.35);
  const alike = ({ control }: Drift): Drift => ({ control, candidate: control });
  const hostility = {
    ...drawn,
    errorDrift: alike(drawn.errorDrift),
    latencyDrift: alike(drawn.latencyDrift),
    burstRate: 0,
    lostMinutes: 0,
    lostArms: 0,
    badClient: null,
    ownCv: { control: cv, candidate: cv },
  };
  return simulateUsers(rng, 'exchangeable', hostility, options);
}

function simulateUsers(
  rng: Rng,
  noise: string,
  hostility: Hostility,
  { seed, index, kind, cells }: TraceOptions,
): Trace {
  const incident = drawIncident(rng, kind);
  const tail = drawTail(rng);
  const onset = drawOnset(rng, kind);
  const coldStart = kind === 'aa_coldstart' ? { slower: uniform(rng, 0.3, 0.8), minutes: uniform(rng, 1, 2.5) } : null;
  let raisedAt = 0;
  let users: { readonly control: ArmUsers; readonly candidate: ArmUsers } | null = null;
  const minutes: TraceMinute[] = [];
  for (let minute = 0; minute < HORIZON; minute++) {
    const weight = hostility.weights[minute] as number;
    const before = hostility.weights[minute - 1] ?? 0;
    if (weight > before) raisedAt = minute;
    if (users === null || weight !== before) users = shareOut(hostility.population, weight);
    const isIncident = incident !== null && minute >= incident.from && minute < incident.to;
    const cold =
      coldStart === null ? 0 : Math.log1p(coldStart.slower * Math.exp((raisedAt - minute) / coldStart.minutes));
    const load = loadOf(rng, hostility, minute);
    const common = {
      minute,
      load,
      errors: isIncident ? incident.errors : 1,
      shift: isIncident ? Math.log(incident.latency) : 0,
      cells,
    };
    const control = serve(rng, hostility, users.control, { ...common, arm: 'control', effect: NONE, weight });
    const effect = effectOf(kind, minute >= onset, tail);
    const shift = common.shift + cold;
    const candidate = serve(rng, hostility, users.candidate, { ...common, shift, arm: 'candidate', effect, weight });
    const isLost = rng() < hostility.lostMinutes;
    const lost = rng() < hostility.lostArms ? (rng() < 0.5 ? 'control' : 'candidate') : null;
    minutes.push({
      weight,
      control: isLost || lost === 'control' ? null : control,
      candidate: isLost || lost === 'candidate' ? null : candidate,
    });
  }
  const { requestsPerMinute, baseErrorRate, weights } = hostility;
  const hasSteps = weights.some((weight) => weight !== weights[0]);
  return { id: `${noise}-${seed}-${index}`, kind, onset, hasSteps, requestsPerMinute, baseErrorRate, minutes };
}

const NONE: Effect = { errors: 1, latency: 1, slow: 0, slower: 1 };

function drawHostility(rng: Rng, kind: Kind, constantWeight: boolean): Hostility {
  const requestsPerMinute = choose(rng, [
    [600, 0.3],
    [6000, 0.45],
    [60_000, 0.25],
  ]);
  const baseErrorRate = choose(rng, [
    [0.001, 0.4],
    [0.01, 0.4],
    [0.05, 0.2],
  ]);
  const sigma = uniform(rng, 0.45, 0.75);
  return {
    requestsPerMinute,
    baseErrorRate,
    sigma,
    medianMs: uniform(rng, 120, 400) / Math.exp(2.326 * sigma),
    swing: uniform(rng, 0.1, 0.6),
    phase: uniform(rng, 0, 1440),
    weights: drawWeights(rng, constantWeight),
    population: drawPopulation(rng, requestsPerMinute),
    clump: choose(rng, [
      [1, 0.3],
      [3, 0.4],
      [8, 0.3],
    ]),
    errorDrift: drawDrift(rng, uniform(rng, 0.1, 0.35), uniform(rng, 0.6, 0.98)),
    latencyDrift: drawDrift(rng, uniform(rng, 0.02, 0.06), uniform(rng, 0.8, 0.99)),
    burstRate: rng() < 0.7 ? uniform(rng, 0.003, 0.025) : 0,
    lostMinutes: rng() < 0.5 ? uniform(rng, 0.005, 0.05) : 0,
    lostArms: rng() < 0.5 ? uniform(rng, 0.005, 0.03) : 0,
    badClient: rng() < 0.25 ? drawBadClient(rng, requestsPerMinute) : null,
    ownCv: { control: 0, candidate: kind === 'aa_overdispersed' ? uniform(rng, 0.1, 0.35) : 0 },
  };
}

function drawWeights(rng: Rng, constantWeight: boolean): number[] {
  const constant = choose(rng, [
    [0.01, 0.2],
    [0.02, 0.2],
    [0.05, 0.25],
    [0.1, 0.25],
    [0.25, 0.1],
  ]);
  const shape = constantWeight
    ? 'constant'
    : choose(rng, [
        ['constant', 0.5],
        ['up', 0.25],
        ['up and down', 0.25],
      ] as const);
  if (shape === 'constant') return new Array<number>(HORIZON).fill(constant);
  const steps = shape === 'up' ? [0.01, 0.05, 0.1, 0.25] : [0.05, 0.1, 0.05, 0.1, 0.25, 0.1];
  const weights: number[] = [];
  for (const step of steps) {
    const length = 10 + Math.floor(rng() * 30);
    for (let minute = 0; minute < length && weights.length < HORIZON; minute++) weights.push(step);
  }
  while (weights.length < HORIZON) weights.push(steps[steps.length - 1] as number);
  return weights;
}

/** Two series of which a part is common. */
function drawDrift(rng: Rng, spread: number, common: number): Drift {
  const carry = uniform(rng, 0.4, 0.8);
  const series = (share: number): number[] => ar1(rng, HORIZON, carry, spread * Math.sqrt(share * (1 - carry * carry)));
  const shared = series(common);
  const withOwn = (own: readonly number[]): number[] => shared.map((value, minute) => value + (own[minute] as number));
  return { control: withOwn(series(1 - common)), candidate: withOwn(series(1 - common)) };
}

function drawBadClient(rng: Rng, requestsPerMinute: number): BadClient {
  const from = Math.floor(rng() * HORIZON);
  return {
    bucket: rng(),
    cell: Math.floor(rng() * 64),
    errorsPerMinute: uniform(rng, 0.2, 1) * Math.min(80, 20 + requestsPerMinute / 200),
    from: rng() < 0.4 ? 0 : from,
    to: from + 3 + Math.floor(rng() * 60),
  };
}

function loadOf(rng: Rng, { requestsPerMinute, swing, phase }: Hostility, minute: number): number {
  const cycle = 1 + swing * Math.sin((2 * Math.PI * (minute + phase)) / 1440);
  return requestsPerMinute * cycle * Math.exp(0.08 * normal(rng));
}

interface Moment {
  readonly minute: number;
  readonly weight: number;
  readonly load: number;
  readonly arm: 'control' | 'candidate';
  /** Factor on errors and shift of log latency that both arms have now. */
  readonly errors: number;
  readonly shift: number;
  readonly effect: Effect;
  readonly cells: boolean;
}

function serve(rng: Rng, hostility: Hostility, users: ArmUsers, moment: Moment): TraceArm {
  const { minute, arm, effect } = moment;
  const burst = rng() < hostility.burstRate / 2 ? drawBurst(rng) : NONE;
  const drifted = hostility.baseErrorRate * Math.exp(hostility.errorDrift[arm][minute] as number);
  const rate = betaShare(rng, Math.min(0.9, drifted * moment.errors * burst.errors), hostility.ownCv[arm]);
  const requests: number[] = [];
  const errors: number[] = [];
  for (const [cell, activity] of users.activity.entries()) {
    // A cell's users come in clumps: the more unequal they are and the longer their clumps, the more a minute's requests vary.
    const mean = moment.load * activity;
    const clumped =
      mean > 0 && hostility.clump > 1 ? mean * gammaOfMeanOne(rng, Math.max(0.2, mean / hostility.clump)) : mean;
    const count = poisson(rng, clumped);
    const share = Math.min(0.95, rate * (users.errorFactor[cell] as number) * effect.errors);
    // Clumps fail together, too.
    const failing =
      hostility.clump > 1 && count > 0 ? betaShare(rng, share, Math.sqrt((hostility.clump - 1) / count) * 0.7) : share;
    requests.push(count);
    errors.push(binomial(rng, count, failing));
  }
  addBadClient(rng, hostility, moment, { requests, errors });
  const total = requests.reduce((sum, count) => sum + count, 0);
  const level = Math.log(hostility.medianMs) + (hostility.latencyDrift[arm][minute] as number) + moment.shift;
  const mu = level + Math.log(effect.latency * burst.latency) + levelOf(users, requests, total);
  const slow =
    effect.slow === 0 ? undefined : { share: effect.slow, mu: mu + Math.log(effect.slower) + hostility.sigma };
  const bins = drawBins(rng, total, { mu, sigma: hostility.sigma, slow });
  const failed = errors.reduce((sum, count) => sum + count, 0);
  const cells = moment.cells
    ? { requests, errors, sum_ms: drawCellSums(rng, bins, requests, relative(users, requests, total)) }
    : null;
  return { requests: total, errors: failed, bins, cells };
}

function gammaOfMeanOne(rng: Rng, shape: number): number {
  return gamma(rng, shape) / shape;
}

/** A pause, a crawler or a cold cache: one minute of one arm. */
function drawBurst(rng: Rng): Effect {
  return choose(rng, [
    [{ ...NONE, errors: uniform(rng, 3, 20) }, 0.4],
    [{ ...NONE, latency: uniform(rng, 1.3, 3) }, 0.4],
    [{ ...NONE, errors: uniform(rng, 2, 10), latency: uniform(rng, 1.2, 2) }, 0.2],
  ]);
}

function addBadClient(
  rng: Rng,
  { badClient }: Hostility,
  { minute, weight, arm }: Moment,
  totals: { readonly requests: number[]; readonly errors: number[] },
): void {
  if (badClient === null || minute < badClient.from || minute >= badClient.to) return;
  if (badClient.bucket < weight !== (arm === 'candidate')) return;
  const count = poisson(rng, badClient.errorsPerMinute);
  totals.requests[badClient.cell] = (totals.requests[badClient.cell] as number) + count;
  totals.errors[badClient.cell] = (totals.errors[badClient.cell] as number) + count;
}

/** Mean log latency of who was there this minute, against the average user. */
function levelOf({ slowness }: ArmUsers, requests: readonly number[], total: number): number {
  if (total === 0) return 0;
  return requests.reduce((sum, count, cell) => sum + count * (slowness[cell] as number), 0) / total;
}

function relative(users: ArmUsers, requests: readonly number[], total: number): number[] {
  const mean = levelOf(users, requests, total);
  return Array.from(users.slowness, (slowness) => Math.exp(slowness - mean));
}
