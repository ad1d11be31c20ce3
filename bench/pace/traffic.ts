import { mulberry32 } from '../../ml/random/mulberry32';
import type { ArmTotals, EventTotals, Stratum } from '../../metrics/windows';
import { poisson } from '../judge/samplers';

const CELLS = 64;
const USERS = 2000;

/** A service and what the candidate does to it, the same whatever weight is served. */
export interface Trace {
  readonly name: string;
  readonly requestsPerMinute: number;
  readonly control: number;
  /** Error rate of the candidate from the start on. */
  readonly candidate: number;
}

/** One window of a trace at a weight, and the errors that its users met beyond control's. */
export interface Served {
  readonly stratum: Stratum;
  readonly excessErrors: number;
}

/**
 * Serves one window: who asks, how often, and the luck of each request hang on seed and window alone, so that two
 * rollouts that serve other weights meet the same users.
 */
export function serveWindow(
  trace: Trace,
  {
    seed,
    index,
    windowMs,
    weight,
    transition,
  }: { seed: number; index: number; windowMs: number; weight: number; transition: number },
): Served {
  const users = mulberry32(seed);
  const random = mulberry32(seed * 1_000_003 + index);
  const each = (trace.requestsPerMinute * windowMs) / 60_000 / USERS;
  const arms = { control: new Arm(), candidate: new Arm() };
  let excessErrors = 0;
  for (let user = 0; user < USERS; user++) {
    const cell = Math.floor(users() * CELLS);
    const isCandidate = users() * 100 < weight;
    const requests = poisson(random, each);
    let errors = 0;
    for (let request = 0; request < requests; request++) {
      const luck = random();
      errors += luck < (isCandidate ? trace.candidate : trace.control) ? 1 : 0;
      if (isCandidate && luck < trace.candidate && luck >= trace.control) excessErrors += 1;
    }
    arms[isCandidate ? 'candidate' : 'control'].add(cell, requests, errors);
  }
  const control = arms.control.totals();
  const candidate = arms.candidate.totals();
  const windowStartAt = index * windowMs;
  return { stratum: { windowStartAt, windowMs, transition, weight, segment: '*', control, candidate }, excessErrors };
}

/** Totals of one arm as they add up. */
class Arm {
  private readonly count = new Array<number>(CELLS).fill(0);
  private readonly errors = new Array<number>(CELLS).fill(0);
  private readonly exposures = new Array<number>(CELLS).fill(0);

  add(cell: number, requests: number, errors: number): void {
    if (requests === 0) return;
    this.exposures[cell] = (this.exposures[cell] ?? 0) + 1;
    this.count[cell] = (this.count[cell] ?? 0) + requests;
    this.errors[cell] = (this.errors[cell] ?? 0) + errors;
  }

  totals(): ArmTotals {
    const nothing = new Array<number>(CELLS).fill(0);
    const request: EventTotals = {
      count: total(this.count),
      errors: total(this.errors),
      valueCount: 0,
      sum: 0,
      sumOfSquares: 0,
      over: {},
      open: 0,
      histogram: { zero: 0, counts: {} },
      cells: { count: this.count, errors: this.errors, valueCount: nothing, open: nothing, sum: nothing, over: {} },
    };
    const exposures = total(this.exposures);
    return {
      exposures,
      exposuresWithOutcome: exposures,
      mixedExposures: 0,
      late: 0,
      exposureCells: this.exposures,
      events: request.count > 0 ? { request } : {},
    };
  }
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
