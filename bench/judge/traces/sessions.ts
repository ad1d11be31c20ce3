import type { Rng } from '../../../ml/random/mulberry32';
import { betaShare, binomial, choose, normal, poisson, uniform } from './draw';
import { drawOnset, drawTail, effectOf, traceRng, type Effect, type TraceOptions } from './effects';
import { drawBins, drawCellSums } from './latency';
import { BINS, HORIZON, isBad, type Kind, type Trace, type TraceArm, type TraceMinute } from './trace';

const CELLS = 64;

/** What is drawn once for a rollout of sessions. */
interface Site {
  readonly requestsPerMinute: number;
  readonly baseErrorRate: number;
  readonly medianMs: number;
  readonly sigma: number;
  /** Share of requests that miss a cache and take several times as long: latency has two humps. */
  readonly missShare: number;
  readonly missTimes: number;
  /**
   * Share of failures that come from sessions that fail as a whole, and how many requests such a session makes in a
   * minute and for how long.
   */
  readonly brokenShare: number;
  readonly brokenRequests: number;
  readonly brokenMinutes: number;
  /** How much an arm's own level moves between two regimes, of which each lasts some minutes. */
  readonly errorRegime: number;
  readonly latencyRegime: number;
  readonly regimeMinutes: number;
  /** Variation of the minute's failures common to both arms, as CV. */
  readonly sharedCv: number;
  readonly phase: number;
  readonly period: number;
  readonly weights: readonly number[];
  readonly faults: readonly Fault[];
}

/** Minutes in which both arms are worse, of whatever cause. */
interface Fault {
  readonly from: number;
  readonly to: number;
  readonly errors: number;
  readonly latency: number;
}

/** A session that fails while it lasts. */
interface BrokenSession {
  readonly cell: number;
  readonly perMinute: number;
  left: number;
}

/**
 * A rollout by laws of its own: most requests independent, but some sessions fail as a whole and try again for minutes,
 * each arm changes between two regimes of its own, latency has two humps, the cycle is short, and half of the rollouts
 * meet faults of both arms. Arms are alike in law.
 */
export function sessionsTrace({ seed, index, kind, cells, constantWeight = false }: TraceOptions): Trace {
  const rng = traceRng(seed ^ 0x7f4a7c15, index);
  const site = drawSite(rng, kind, constantWeight);
  const tail = drawTail(rng);
  const onset = drawOnset(rng, kind);
  const coldMinutes = kind === 'aa_coldstart' ? uniform(rng, 1, 2.5) : 0;
  const coldTimes = uniform(rng, 1.3, 1.8);
  const ownCv = kind === 'aa_overdispersed' ? uniform(rng, 0.1, 0.35) : 0;
  const arms = { control: new Arm(rng, site), candidate: new Arm(rng, site) };
  let raisedAt = 0;
  const minutes: TraceMinute[] = site.weights.map((weight, minute): TraceMinute => {
    if (weight > (site.weights[minute - 1] ?? 0)) raisedAt = minute;
    const load = loadAt(rng, site, minute);
    const now = site.faults.find(({ from, to }) => minute >= from && minute < to);
    const shared = betaShare(rng, Math.min(0.5, site.baseErrorRate * (now?.errors ?? 1)), site.sharedCv);
    const cold = coldMinutes === 0 ? 1 : 1 + (coldTimes - 1) * Math.exp((raisedAt - minute) / coldMinutes);
    const none: Effect = { errors: 1, latency: 1, slow: 0, slower: 1 };
    const moment = { rate: shared, latency: now?.latency ?? 1, cells };
    return {
      weight,
      control: arms.control.serve(load * (1 - weight), { ...moment, effect: none, ownCv }),
      candidate: arms.candidate.serve(load * weight, {
        ...moment,
        latency: moment.latency * cold,
        effect: effectOf(kind, minute >= onset, tail),
        ownCv,
      }),
    };
  });
  const { requestsPerMinute, baseErrorRate, weights } = site;
  const hasSteps = weights.some((weight) => weight !== weights[0]);
  return { id: `sessions-${seed}-${index}`, kind, onset, hasSteps, requestsPerMinute, baseErrorRate, minutes };
}

function drawSite(rng: Rng, kind: Kind, constantWeight: boolean): Site {
  const sigma = uniform(rng, 0.35, 0.6);
  return {
    requestsPerMinute: Math.exp(uniform(rng, Math.log(600), Math.log(40_000))),
    baseErrorRate: Math.exp(uniform(rng, Math.log(0.001), Math.log(0.04))),
    medianMs: uniform(rng, 20, 120),
    sigma,
    missShare: uniform(rng, 0.05, 0.3),
    missTimes: uniform(rng, 2, 5),
    brokenShare: choose(rng, [
      [0, 0.3],
      [0.3, 0.3],
      [0.7, 0.4],
    ]),
    brokenRequests: uniform(rng, 2, 12),
    brokenMinutes: uniform(rng, 1, 6),
    errorRegime: rng() < 0.6 ? uniform(rng, 0, 0.12) : 0,
    latencyRegime: rng() < 0.6 ? uniform(rng, 0, 0.015) : 0,
    regimeMinutes: uniform(rng, 3, 12),
    sharedCv: uniform(rng, 0.05, 0.4),
    phase: uniform(rng, 0, 1),
    period: uniform(rng, 60, 1440),
    weights: drawRamp(rng, constantWeight),
    faults: drawFaults(rng, kind),
  };
}

function drawRamp(rng: Rng, constantWeight: boolean): number[] {
  if (constantWeight || rng() < 0.3) return new Array<number>(HORIZON).fill(uniform(rng, 0.01, 0.5));
  const steps = [uniform(rng, 0.01, 0.05), uniform(rng, 0.05, 0.15), uniform(rng, 0.15, 0.3), 0.5];
  const length = Math.floor(uniform(rng, 12, 30));
  return Array.from({ length: HORIZON }, (_, minute) => steps[Math.min(3, Math.floor(minute / length))] as number);
}

function drawFaults(rng: Rng, kind: Kind): Fault[] {
  const count = kind === 'aa_incident' ? 1 : rng() < (isBad(kind) ? 0.15 : 0.4) ? 1 : 0;
  return Array.from({ length: count }, () => {
    const from = 5 + Math.floor(rng() * (HORIZON - 25));
    const isSlow = rng() < 0.5;
    return {
      from,
      to: from + 4 + Math.floor(rng() * 16),
      errors: uniform(rng, 2, 12),
      latency: isSlow ? uniform(rng, 1.2, 2) : 1,
    };
  });
}

function loadAt(rng: Rng, { requestsPerMinute, period, phase }: Site, minute: number): number {
  const cycle = 1 + 0.5 * Math.sin(2 * Math.PI * (minute / period + phase));
  return requestsPerMinute * cycle * Math.exp(0.15 * normal(rng));
}

interface Moment {
  readonly rate: number;
  readonly latency: number;
  readonly effect: Effect;
  readonly ownCv: number;
  readonly cells: boolean;
}

/** One arm with the sessions that fail in it and the regime it is in. */
class Arm {
  private broken: BrokenSession[] = [];
  private isHigh: boolean;

  constructor(
    private readonly rng: Rng,
    private readonly site: Site,
  ) {
    this.isHigh = rng() < 0.5;
  }

  serve(load: number, { rate, latency, effect, ownCv, cells }: Moment): TraceArm {
    const { rng, site } = this;
    if (rng() < 1 / site.regimeMinutes) this.isHigh = rng() < 0.5;
    const side = this.isHigh ? 1 : -1;
    const level = betaShare(rng, Math.min(0.9, rate * Math.exp(side * site.errorRegime) * effect.errors), ownCv);
    const requests = Array.from({ length: CELLS }, () => poisson(rng, load / CELLS));
    const errors = requests.map((count) => binomial(rng, count, level * (1 - site.brokenShare)));
    this.breakSessions(load * level * site.brokenShare);
    for (const session of this.broken) {
      const count = poisson(rng, session.perMinute);
      requests[session.cell]! += count;
      errors[session.cell]! += count;
      session.left -= 1;
    }
    this.broken = this.broken.filter(({ left }) => left > 0);
    const total = requests.reduce((sum, count) => sum + count, 0);
    const mu = Math.log(site.medianMs * latency * effect.latency) + side * site.latencyRegime;
    const bins = this.drawLatencies(total, mu, effect);
    const failed = errors.reduce((sum, count) => sum + count, 0);
    return {
      requests: total,
      errors: failed,
      bins,
      cells: cells ? { requests, errors, sum_ms: drawCellSums(rng, bins, requests) } : null,
    };
  }

  /** New broken sessions, so that over their time they bring the failures wanted in a minute. */
  private breakSessions(failures: number): void {
    const { rng, site } = this;
    const each = site.brokenRequests * site.brokenMinutes;
    for (let count = poisson(rng, failures / each); count > 0; count--) {
      const left = 1 + Math.floor(-Math.log(1 - rng()) * site.brokenMinutes);
      const perMinute = site.brokenRequests * -Math.log(1 - rng());
      this.broken.push({ cell: Math.floor(rng() * CELLS), perMinute, left });
    }
  }

  private drawLatencies(total: number, mu: number, effect: Effect): number[] {
    const { rng, site } = this;
    const slow = binomial(rng, total, effect.slow);
    const missed = binomial(rng, total - slow, site.missShare);
    const parts = [
      drawBins(rng, total - slow - missed, { mu, sigma: site.sigma }),
      drawBins(rng, missed, { mu: mu + Math.log(site.missTimes), sigma: site.sigma }),
      drawBins(rng, slow, { mu: mu + Math.log(site.missTimes * effect.slower), sigma: site.sigma }),
    ];
    return Array.from({ length: BINS }, (_, bin) => parts.reduce((sum, part) => sum + (part[bin] as number), 0));
  }
}
