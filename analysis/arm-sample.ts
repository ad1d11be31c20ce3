import type { Metric } from '../flags/plan/metric';
import type { ArmTotals } from '../metrics/windows';

/** One metric in one arm of one stratum: a ratio of sums, with both sums by user cell. */
export interface ArmSample {
  /** Requests, values or exposures: what the metric is per. */
  readonly units: number;
  /** Errors, slow requests, summed values or events. */
  readonly sum: number;
  /** Sum of squared values, for means; 0 for counts. */
  readonly sumOfSquares: number;
  readonly cellUnits: readonly number[];
  readonly cellSums: readonly number[];
}

const NOTHING: ArmSample = { units: 0, sum: 0, sumOfSquares: 0, cellUnits: [], cellSums: [] };

/** Reads one metric out of an arm's totals. An event nobody reported has no units, except per exposure, where it counts 0 events. */
export function armSample(metric: Metric, arm: ArmTotals): ArmSample {
  const event = arm.events[metric.event];
  switch (metric.kind) {
    case 'events_per_exposure':
      return {
        units: arm.exposures,
        sum: event?.count ?? 0,
        sumOfSquares: 0,
        cellUnits: arm.exposureCells,
        cellSums: event?.cells.count ?? [],
      };
    case 'error_rate':
      if (event === undefined) return NOTHING;
      return {
        units: event.count,
        sum: event.errors,
        sumOfSquares: 0,
        cellUnits: event.cells.count,
        cellSums: event.cells.errors,
      };
    case 'slower_than': {
      if (event === undefined) return NOTHING;
      const key = String(metric.threshold);
      const over = event.over[key] ?? 0;
      // A request still open has no final value, but is slow already or not, so it counts below the line too.
      return {
        units: event.valueCount + event.open,
        sum: over,
        sumOfSquares: 0,
        cellUnits: event.cells.valueCount.map((units, cell) => units + (event.cells.open[cell] ?? 0)),
        cellSums: event.cells.over[key] ?? [],
      };
    }
    case 'mean_value':
      if (event === undefined) return NOTHING;
      return {
        units: event.valueCount,
        sum: event.sum,
        sumOfSquares: event.sumOfSquares,
        cellUnits: event.cells.valueCount,
        cellSums: event.cells.sum,
      };
  }
}

/** A control known exactly, to compare one arm with a fixed level such as a ceiling. */
export function constantSample(level: number): ArmSample {
  const units = 1e12;
  return { units, sum: level * units, sumOfSquares: level * level * units, cellUnits: [], cellSums: [] };
}

/** 1 when a higher value is worse, −1 when a lower one is. */
export function harmSign(metric: Metric): 1 | -1 {
  return metric.direction === 'lower_is_better' ? 1 : -1;
}
