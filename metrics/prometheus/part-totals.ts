import type { Metric } from '../../flags/plan/metric';
import type { ArmTotals, EventTotals } from '../windows';
import {
  assumedSquares,
  classicBuckets,
  countAbove,
  countOf,
  scaleBuckets,
  sumOfSquares,
  toBins,
  type Bucket,
} from './buckets';
import type { ReadPart } from './metric-query';

/** What the parts of a metric added up to in one arm of one stratum. */
export interface PartTotals {
  readonly amounts: Map<ReadPart, number>;
  /** Cumulative counts by `le`, for each set of other labels: processes may have different bounds. */
  readonly classic: Map<string, Map<string, number>>;
  native: { sum: number; buckets: Bucket[] } | null;
}

/** Totals of nothing. */
export function emptyParts(): PartTotals {
  return { amounts: new Map(), classic: new Map(), native: null };
}

/** A threshold that the buckets cannot tell. */
export interface UnknownThreshold {
  readonly thresholdInSource: number;
  readonly lower: number;
  readonly upper: number;
}

/**
 * The arm's totals as the judge reads them, or why the threshold cannot be told. Prometheus knows no users, so cells
 * are empty.
 */
export function armTotals(
  metric: Metric,
  parts: PartTotals,
): { readonly totals: ArmTotals; readonly unknown: UnknownThreshold | null } {
  const scale = metric.prometheus?.unit === 'seconds' ? 1000 : 1;
  const isNative = parts.native !== null;
  const buckets = scaleBuckets(
    parts.native?.buckets ?? [...parts.classic.values()].flatMap((byLe) => classicBuckets(byLe)),
    scale,
  );
  const requests = parts.amounts.get('requests') ?? 0;
  const hasHistogram = metric.prometheus?.histogram !== undefined;
  const valueCount = hasHistogram ? countOf(buckets) : requests;
  const rawSum = parts.native?.sum ?? parts.amounts.get('histogramSum') ?? parts.amounts.get('sum') ?? 0;
  const sum = rawSum * scale;
  const above = metric.threshold === undefined ? null : countAbove(buckets, metric.threshold);
  const cut = above !== null && hasHistogram && !isNative ? above.cut : null;
  const event: EventTotals = {
    count: hasHistogram ? valueCount : requests,
    errors: Math.min(parts.amounts.get('errors') ?? 0, requests),
    valueCount,
    sum,
    sumOfSquares: hasHistogram
      ? sumOfSquares(buckets, sum)
      : assumedSquares(valueCount, sum, metric.prometheus?.variation),
    over:
      metric.threshold === undefined
        ? {}
        : {
            [String(metric.threshold)]: hasHistogram
              ? (above?.count ?? 0)
              : Math.min(parts.amounts.get('slow') ?? 0, requests),
          },
    open: 0,
    histogram: toBins(buckets),
    cells: { count: [], errors: [], valueCount: [], open: [], sum: [], over: {} },
  };
  return {
    totals: {
      exposures: 0,
      exposuresWithOutcome: 0,
      mixedExposures: 0,
      late: 0,
      exposureCells: [],
      events: event.count > 0 ? { [metric.event]: event } : {},
    },
    unknown:
      cut === null
        ? null
        : { thresholdInSource: (metric.threshold ?? 0) / scale, lower: cut.lower / scale, upper: cut.upper / scale },
  };
}
