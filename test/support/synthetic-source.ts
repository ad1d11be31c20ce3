import { addMembers } from './add-members';
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

/** Part of the users that each segment is. */
const SEGMENT_SHARE = 0.2;

function addArms(arms: readonly ArmTotals[]): ArmTotals {
  return arms.reduce((a, b) => addMembers(a, b) as ArmTotals);
}

/** A metric source for tests of the workflow: real strata for the real judge, from a stated behaviour instead of traffic. */
export class SyntheticSource implements MetricSource {
  control: Behaviour = { perCell: 40, errorRate: 0.01 };
  candidate: Behaviour = { perCell: 40, errorRate: 0.01 };
  /** Candidates that behave otherwise than {@link candidate}, by variant: treatments of an experiment. */
  variants: Readonly<Record<string, Behaviour>> = {};
  /** Segments whose candidate behaves otherwise than everybody's; each is a fifth of the users, and they do not overlap. */
  segments: Readonly<Record<string, Behaviour>> = {};
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
      const window = { windowStartAt: at, windowMs: query.windowMs, transition: Number(transition), weight };
      const parts = Object.entries(this.segments)
        .filter(([segment]) => query.segments.includes(segment) && !this.excluded.has(segment))
        .map(([segment, candidate]) => ({
          ...window,
          segment,
          control: arm(this.control, SEGMENT_SHARE * (1 - weight / 100), number),
          candidate: arm(candidate, SEGMENT_SHARE * (weight / 100), number),
        }));
      const rest = 1 - SEGMENT_SHARE * Object.keys(this.segments).length;
      strata.push({
        ...window,
        segment: ALL_USERS,
        control: addArms([
          arm(this.control, rest * (1 - weight / 100), number),
          ...parts.map(({ control }) => control),
        ]),
        candidate: addArms([
          arm(this.variants[query.candidate] ?? this.candidate, rest * (weight / 100), number),
          ...parts.map(({ candidate }) => candidate),
        ]),
      });
      strata.push(...parts);
    }
    return strata;
  }

  /** Segments that the flag excludes now, and that therefore send nothing. */
  readonly excluded = new Set<string>();
}
