import { ErrorCode, HeadgateError } from '../../core/errors';
import type { PrometheusClient } from './prometheus-client';

/** Prometheus refuses more points of one series than this. */
const MAX_POINTS = 11_000;

/** One series of a range query: infrastructure, such as processor time by pod. */
export interface RangeSeries {
  readonly labels: Readonly<Record<string, string>>;
  /** In time order; instants at which the series had no value are missing. */
  readonly points: readonly { readonly atMs: number; readonly value: number }[];
}

/** Which values are wanted: at `fromMs`, `fromMs + stepMs` … up to `toMs`. */
export interface RangeQuery {
  /** Any PromQL that gives numbers, such as `rate(process_cpu_seconds_total[1m])`. */
  readonly expression: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: number;
}

/**
 * Series of any expression over time, for what is no comparison of variants: causes, forecasts. NaN and native
 * histograms are left out.
 *
 * @throws {HeadgateError} SOURCE_UNAVAILABLE when the source does not answer wholly; INVALID_ARGUMENT for a span that
 *   has no end
 */
export async function queryRange(
  client: Pick<PrometheusClient, 'range'>,
  { expression, fromMs, toMs, stepMs }: RangeQuery,
  signal?: AbortSignal,
): Promise<RangeSeries[]> {
  const points = Math.floor((toMs - fromMs) / stepMs) + 1;
  if (!(stepMs > 0) || !(points >= 1) || points > MAX_POINTS) {
    throw new HeadgateError(
      ErrorCode.InvalidArgument,
      `${toMs - fromMs} ms in steps of ${stepMs} ms are not between 1 and ${MAX_POINTS} points`,
    );
  }
  const found = await client.range(expression, { fromMs, toMs, stepMs }, signal);
  return found.map(({ metric, values }) => ({
    labels: metric,
    points: values
      .filter(([, value]) => !Number.isNaN(value))
      .map(([at, value]) => ({ atMs: Math.round(at * 1000), value })),
  }));
}
