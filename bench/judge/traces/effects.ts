import { mulberry32, type Rng } from '../../../ml/random/mulberry32';
import { normal, uniform } from './draw';
import { HORIZON, isBad, type Kind } from './trace';

/** How a trace is simulated. */
export interface TraceOptions {
  readonly seed: number;
  readonly index: number;
  readonly kind: Kind;
  /** Whether totals by user cell are written. */
  readonly cells: boolean;
  /** Keeps the weight constant. */
  readonly constantWeight?: boolean;
}

/** A generator of its own for each trace of a seed. */
export function traceRng(seed: number, index: number): Rng {
  const rng = mulberry32((Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b)) >>> 0);
  for (let skipped = 0; skipped < 8; skipped++) rng();
  return rng;
}

/** What a candidate does to errors and latency. */
export interface Effect {
  readonly errors: number;
  readonly latency: number;
  /** Share of requests that are slower, and how many times. */
  readonly slow: number;
  readonly slower: number;
}

/** What a tail of slow requests is like in one trace. */
export interface Tail {
  readonly share: number;
  readonly times: number;
}

/** Draws a tail: 1.5 to 3 % of requests, three to six times slower. */
export function drawTail(rng: Rng): Tail {
  return { share: uniform(rng, 0.015, 0.03), times: uniform(rng, 3, 6) };
}

/** The effect of a kind, from its onset on; an improvement is there from the start. */
export function effectOf(kind: Kind, isOn: boolean, tail: Tail): Effect {
  const none = { errors: 1, latency: 1, slow: 0, slower: 1 };
  if (kind === 'improve') return { ...none, errors: 0.6, latency: 0.9 };
  if (!isOn) return none;
  switch (kind) {
    case 'err_x1.5':
      return { ...none, errors: 1.5 };
    case 'err_x2':
      return { ...none, errors: 2 };
    case 'err_x5':
      return { ...none, errors: 5 };
    case 'lat_+10%':
      return { ...none, latency: 1.1 };
    case 'lat_+25%':
      return { ...none, latency: 1.25 };
    case 'lat_+50%':
      return { ...none, latency: 1.5 };
    case 'tail_p99':
      return { ...none, slow: tail.share, slower: tail.times };
    case 'aa_clean':
    case 'aa_overdispersed':
    case 'aa_incident':
    case 'aa_coldstart':
      return none;
  }
}

/** An autoregressive series of order one that starts at 0. */
export function ar1(rng: Rng, length: number, carry: number, step: number): number[] {
  const series: number[] = [];
  let value = 0;
  for (let index = 0; index < length; index++) {
    series.push(value);
    value = carry * value + step * normal(rng);
  }
  return series;
}

/** Five to fifteen minutes in which both arms fail more and are slower. */
export interface Incident {
  readonly from: number;
  readonly to: number;
  readonly errors: number;
  readonly latency: number;
}

/** An incident for a kind that is one, and for some of the harmful kinds. */
export function drawIncident(rng: Rng, kind: Kind): Incident | null {
  if (kind !== 'aa_incident' && !(isBad(kind) && rng() < 0.15)) return null;
  const from = 5 + Math.floor(rng() * (HORIZON - 25));
  return { from, to: from + 5 + Math.floor(rng() * 11), errors: uniform(rng, 4, 12), latency: uniform(rng, 1.2, 2) };
}

/** A quarter of the harmful kinds begin late. */
export function drawOnset(rng: Rng, kind: Kind): number {
  return isBad(kind) && rng() < 0.25 ? 10 + Math.floor(rng() * 31) : 0;
}
