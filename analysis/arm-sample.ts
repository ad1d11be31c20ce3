import type { Metric } from '../flags/plan/metric';
import type { ArmTotals, EventTotals, SparseHistogram } from '../metrics/windows';

/**
 * One metric in one arm of one stratum: a ratio of sums, with both sums by user cell. Cell arrays are empty where users
 * are not told apart.
 */
export interface ArmSample {
  /** Requests, values, exposures, or the ratio's denominator: what the metric is per. */
  readonly units: number;
  /** Errors, slow requests, summed values, events, or the ratio's numerator. */
  readonly sum: number;
  /** Sum of squares of what is summed, for means and ratios; 0 for counts. */
  readonly sumOfSquares: number;
  /** Sum of squares of the units, for ratios of summed values; `units` itself where each unit counts one. */
  readonly unitSquares: number;
  readonly cellUnits: readonly number[];
  readonly cellSums: readonly number[];
  /** Every value's logarithmic bin, for metrics that are no mean: quantiles and whole distributions. */
  readonly histogram: SparseHistogram | null;
}

const NOTHING: ArmSample = {
  units: 0,
  sum: 0,
  sumOfSquares: 0,
  unitSquares: 0,
  cellUnits: [],
  cellSums: [],
  histogram: null,
};

/**
 * Reads one metric out of an arm's totals. An event nobody reported has no units, except per exposure, where it counts
 * 0 events.
 */
export function armSample(metric: Metric, arm: ArmTotals): ArmSample {
  const event = arm.events[metric.event];
  switch (metric.kind) {
    case 'events_per_exposure':
      return counted(arm.exposures, event?.count ?? 0, arm.exposureCells, event?.cells.count ?? []);
    case 'error_rate':
      if (event === undefined) return NOTHING;
      return counted(event.count, event.errors, event.cells.count, event.cells.errors);
    case 'slower_than':
      return event === undefined ? NOTHING : slowerThan(event, String(metric.threshold));
    case 'mean_value':
      return event === undefined ? NOTHING : summed(event);
    case 'quantile':
    case 'distribution':
      return event === undefined ? NOTHING : { ...summed(event), histogram: event.histogram };
    case 'ratio':
      return ratioOf(metric, arm);
  }
}

/** A sample in which every unit counts one. */
function counted(
  units: number,
  sum: number,
  cellUnits: readonly number[],
  cellSums: readonly number[],
  sumOfSquares = 0,
): ArmSample {
  return { units, sum, sumOfSquares, unitSquares: units, cellUnits, cellSums, histogram: null };
}

function summed({ valueCount, sum, sumOfSquares, cells }: EventTotals): ArmSample {
  return counted(valueCount, sum, cells.valueCount, cells.sum, sumOfSquares);
}

/** A request still open has no final value, but is slow already or not, so it counts below the line too. */
function slowerThan({ valueCount, open, over, cells }: EventTotals, key: string): ArmSample {
  // Nothing open is the rule, and then the cells are those of the values.
  const cellUnits =
    open === 0 ? cells.valueCount : cells.valueCount.map((units, cell) => units + (cells.open[cell] ?? 0));
  return counted(valueCount + open, over[key] ?? 0, cellUnits, cells.over[key] ?? []);
}

/** A ratio of two events' totals. Without its denominator there is nothing; without its numerator it is 0. */
function ratioOf({ event, measure = 'value', denominator }: Metric, arm: ArmTotals): ArmSample {
  const below = denominator === undefined ? null : totalOf(arm.events[denominator.event], denominator.measure);
  if (below === null || !(below.total > 0)) return NOTHING;
  const above = totalOf(arm.events[event], measure);
  return {
    units: below.total,
    sum: above?.total ?? 0,
    sumOfSquares: above?.squares ?? 0,
    unitSquares: below.squares,
    cellUnits: below.cells,
    cellSums: above?.cells ?? [],
    histogram: null,
  };
}

/** One total of an event, with its sum of squares over single events and its parts by user cell. */
function totalOf(
  event: EventTotals | undefined,
  measure: NonNullable<Metric['measure']>,
): { readonly total: number; readonly squares: number; readonly cells: readonly number[] } | null {
  if (event === undefined) return null;
  switch (measure) {
    case 'count':
      return { total: event.count, squares: event.count, cells: event.cells.count };
    case 'errors':
      return { total: event.errors, squares: event.errors, cells: event.cells.errors };
    case 'value':
      return { total: event.sum, squares: event.sumOfSquares, cells: event.cells.sum };
  }
}

/** A control known exactly, to compare one arm with a fixed level such as a ceiling. */
export function constantSample(level: number): ArmSample {
  const units = 1e12;
  return counted(units, level * units, [], [], level * level * units);
}

/** 1 when a higher value is worse, −1 when a lower one is. */
export function harmSign(metric: Metric): 1 | -1 {
  return metric.direction === 'lower_is_better' ? 1 : -1;
}
