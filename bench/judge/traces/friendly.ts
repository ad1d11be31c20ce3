import type { Rng } from '../../../ml/random/mulberry32';
import { betaShare, binomial, choose, multinomial, normal, poisson, uniform } from './draw';
import { drawBins, drawCellSums, type LatencyShape } from './latency';
import {
  ar1,
  drawIncident,
  drawOnset,
  drawTail,
  effectOf,
  traceRng,
  type Incident,
  type Tail,
  type TraceOptions,
} from './effects';
import { HORIZON, isBad, type Kind, type Trace, type TraceArm } from './trace';

const CELLS = 64;
const EVEN = new Float64Array(CELLS).fill(1 / CELLS);

/** Everything that is drawn once for a friendly rollout. */
interface Service {
  readonly requestsPerMinute: number;
  readonly weight: number;
  readonly hasSteps: boolean;
  readonly baseErrorRate: number;
  readonly sigma: number;
  readonly medianMs: number;
  readonly swing: number;
  readonly phase: number;
  /** Variation of the minute's error rate common to both arms, and of the candidate's own (control's is less), as CV. */
  readonly sharedCv: number;
  readonly ownCv: number;
  readonly ownLatency: number;
  readonly incident: Incident | null;
  readonly coldStart: { readonly slower: number; readonly minutes: number } | null;
  readonly tail: Tail;
  readonly onset: number;
}

/**
 * A rollout whose requests are independent of each other and whose arms share every drift: the same kinds, ranges and
 * chances as the peers' bench uses, by our own code and generator.
 */
export function friendlyTrace({ seed, index, kind, cells, constantWeight = false }: TraceOptions): Trace {
  const rng = traceRng(seed, index);
  const service = drawService(rng, kind, constantWeight);
  const drift = ar1(rng, HORIZON, 0.8, 0.03);
  const minutes = drift.map((shift, minute) => {
    const weight = weightAt(service, minute);
    const { control, candidate } = minuteOf(rng, service, kind, { minute, weight, shift, cells });
    return { weight, control, candidate };
  });
  const { onset, hasSteps, requestsPerMinute, baseErrorRate } = service;
  return { id: `friendly-${seed}-${index}`, kind, onset, hasSteps, requestsPerMinute, baseErrorRate, minutes };
}

function drawService(rng: Rng, kind: Kind, constantWeight: boolean): Service {
  const bad = isBad(kind);
  const sigma = uniform(rng, 0.45, 0.75);
  const isNoisy = kind === 'aa_overdispersed' || ((bad || kind === 'improve') && rng() < 0.3);
  return {
    requestsPerMinute: choose(rng, [
      [600, 0.3],
      [6000, 0.45],
      [60_000, 0.25],
    ]),
    weight: choose(rng, [
      [0.01, 0.25],
      [0.02, 0.25],
      [0.05, 0.25],
      [0.1, 0.25],
    ]),
    hasSteps: !constantWeight && rng() < 0.25,
    baseErrorRate: choose(rng, [
      [0.001, 0.4],
      [0.01, 0.4],
      [0.05, 0.2],
    ]),
    sigma,
    medianMs: uniform(rng, 120, 400) / Math.exp(2.326 * sigma),
    swing: uniform(rng, 0.1, 0.6),
    phase: uniform(rng, 0, 1440),
    sharedCv: uniform(rng, 0.05, 0.3),
    ownCv: isNoisy ? uniform(rng, 0.1, 0.35) : 0,
    ownLatency: isNoisy ? uniform(rng, 0.01, 0.04) : 0,
    incident: drawIncident(rng, kind),
    coldStart: kind === 'aa_coldstart' ? { slower: uniform(rng, 0.3, 0.8), minutes: uniform(rng, 1, 2.5) } : null,
    tail: drawTail(rng),
    onset: drawOnset(rng, kind),
  };
}

function weightAt({ hasSteps, weight }: Service, minute: number): number {
  if (!hasSteps) return weight;
  return minute < 20 ? 0.01 : minute < 60 ? 0.05 : 0.1;
}

interface Moment {
  readonly minute: number;
  readonly weight: number;
  readonly shift: number;
  readonly cells: boolean;
}

function minuteOf(rng: Rng, service: Service, kind: Kind, moment: Moment): { control: TraceArm; candidate: TraceArm } {
  const { minute, weight } = moment;
  const { incident, coldStart, sigma, ownCv, ownLatency } = service;
  const cycle = 1 + service.swing * Math.sin((2 * Math.PI * (minute + service.phase)) / 1440);
  const load = service.requestsPerMinute * cycle * Math.exp(0.08 * normal(rng));
  const inIncident = incident !== null && minute >= incident.from && minute < incident.to;
  const shared = betaShare(rng, service.baseErrorRate, service.sharedCv);
  const rate = inIncident ? Math.min(0.5, shared * incident.errors) : shared;
  const mu = Math.log(service.medianMs) + moment.shift + (inIncident ? Math.log(incident.latency) : 0);
  const harm = effectOf(kind, minute >= service.onset, service.tail);
  const cold = coldStart === null ? 0 : Math.log1p(coldStart.slower * Math.exp(-minute / coldStart.minutes));
  const own = mu + ownLatency * normal(rng) + Math.log(harm.latency) + cold;
  return {
    control: serve(rng, poisson(rng, load * (1 - weight)), betaShare(rng, Math.min(rate, 0.9), 0.3 * ownCv), {
      shape: { mu: mu + 0.3 * ownLatency * normal(rng), sigma },
      cells: moment.cells,
    }),
    candidate: serve(rng, poisson(rng, load * weight), betaShare(rng, Math.min(rate * harm.errors, 0.9), ownCv), {
      shape: {
        mu: own,
        sigma,
        slow: harm.slow === 0 ? undefined : { share: harm.slow, mu: own + Math.log(harm.slower) + sigma },
      },
      cells: moment.cells,
    }),
  };
}

function serve(
  rng: Rng,
  requests: number,
  rate: number,
  { shape, cells }: { readonly shape: LatencyShape; readonly cells: boolean },
): TraceArm {
  const errors = binomial(rng, requests, rate);
  const bins = drawBins(rng, requests, shape);
  return { requests, errors, bins, cells: cells ? evenCells(rng, { requests, errors, bins }) : null };
}

/** Many users with few requests each: every request falls into any cell. */
function evenCells(rng: Rng, { requests, errors, bins }: Omit<TraceArm, 'cells'>): TraceArm['cells'] {
  const failed = multinomial(rng, errors, EVEN);
  const all = multinomial(rng, requests - errors, EVEN).map((count, cell) => count + (failed[cell] as number));
  return { requests: all, errors: failed, sum_ms: drawCellSums(rng, bins, all) };
}
