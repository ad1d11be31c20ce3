import { CELL_COUNT } from '../../metrics/events';
import {
  ALL_USERS,
  type ArmTotals,
  type EventTotals,
  type MetricSource,
  type Stratum,
  type StrataQuery,
} from '../../metrics/windows';

/** How one arm behaves: outcomes for each user cell and window at full weight, and the share that fails. */
export interface Behaviour {
  readonly perCell: number;
  readonly errorRate: number;
}

const spread = (value: number): number[] => Array.from({ length: CELL_COUNT }, () => value);

/** Totals of an arm whose requests fall evenly on all cells; errors are spread so that cells differ as they would. */
function arm({ perCell, errorRate }: Behaviour, share: number, windowNumber: number): ArmTotals {
  const each = Math.round(perCell * share);
  const count = spread(each);
  // Fractions are carried from cell to cell, so that totals are exact and no cell stands out.
  let carried = (windowNumber % 7) / 7;
  const errors = count.map((requests) => {
    carried += requests * errorRate;
    const whole = Math.floor(carried);
    carried -= whole;
    return whole;
  });
  const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
  const valueMs = 20;
  const request: EventTotals = {
    count: total(count),
    errors: total(errors),
    valueCount: total(count),
    sum: total(count) * valueMs,
    sumOfSquares: total(count) * valueMs ** 2,
    over: {},
    open: 0,
    histogram: { zero: 0, counts: { '35': total(count) } },
    cells: {
      count,
      errors,
      valueCount: count,
      open: spread(0),
      sum: count.map((requests) => requests * valueMs),
      over: {},
    },
  };
  return {
    exposures: total(count),
    exposuresWithOutcome: total(count),
    mixedExposures: 0,
    late: 0,
    exposureCells: count,
    events: total(count) === 0 ? {} : { request },
  };
}

/** A metric source for tests of the workflow: real strata for the real judge, from a stated behaviour instead of traffic. */
export class SyntheticSource implements MetricSource {
  control: Behaviour = { perCell: 40, errorRate: 0.01 };
  candidate: Behaviour = { perCell: 40, errorRate: 0.01 };
  /** Weight that the traffic has by transition, as the workflow tells it. */
  private beganAt: number | null = null;

  async fetchStrata(query: StrataQuery): Promise<readonly Stratum[]> {
    this.beganAt ??= Math.ceil(query.nowMs / query.windowMs) * query.windowMs - 2 * query.windowMs;
    const strata: Stratum[] = [];
    const [transition, weight] = Object.entries(query.weights).at(-1) ?? ['0', 0];
    // Windows close at once here: the grace that real data needs would only make tests slow.
    const from = Math.max(query.fromMs, this.beganAt);
    for (let at = from; at + query.windowMs <= query.nowMs; at += query.windowMs) {
      const number = Math.round(at / query.windowMs);
      strata.push({
        windowStartAt: at,
        windowMs: query.windowMs,
        transition: Number(transition),
        weight,
        segment: ALL_USERS,
        control: arm(this.control, 1 - weight / 100, number),
        candidate: arm(this.candidate, weight / 100, number),
      });
    }
    return strata;
  }
}
