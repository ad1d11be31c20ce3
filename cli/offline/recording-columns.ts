import { ErrorCode, HeadgateError } from '../../core/errors';
import type { Metric } from '../../flags/plan/metric';
import { columnOf, LATENCY_COLUMNS } from '../../metrics/recorded/read-row';

const ALWAYS = ['trace_id', 'minute', 'variant'];

/**
 * The metrics that a recording's columns tell of.
 *
 * @param columns - of the first line or the header
 * @throws {HeadgateError} INVALID_ARGUMENT when columns are missing that every recording has
 */
export function tellableMetrics(path: string, columns: readonly string[], metrics: readonly Metric[]): Metric[] {
  const missing = ALWAYS.filter((column) => !columns.includes(column));
  if (missing.length > 0) throw lacks(path, columns, missing.join(', '));
  return metrics.filter((metric) => isTold(metric, columns));
}

/**
 * Refuses a recording that does not tell of every metric.
 *
 * @throws {HeadgateError} INVALID_ARGUMENT naming metric and columns
 */
export function requireMetrics(path: string, columns: readonly string[], metrics: readonly Metric[]): void {
  const told = tellableMetrics(path, columns, metrics);
  const untold = metrics.find((metric) => !told.includes(metric));
  if (untold === undefined) return;
  throw lacks(path, columns, `${wanted(untold)} for the metric '${untold.name}' (${untold.kind})`);
}

function isTold({ kind, event }: Metric, columns: readonly string[]): boolean {
  const has = (column: string): boolean => columns.includes(columnOf(event, column));
  if (kind === 'events_per_exposure') return has('requests') && columns.includes('exposures');
  if (!has('requests')) return false;
  if (kind === 'error_rate') return has('errors');
  return has('hist') || LATENCY_COLUMNS.some(has);
}

function wanted({ kind, event }: Metric): string {
  if (kind === 'events_per_exposure') return `${columnOf(event, 'requests')} and exposures`;
  if (kind === 'error_rate') return `${columnOf(event, 'requests')} and ${columnOf(event, 'errors')}`;
  return `${columnOf(event, 'hist')}, or one of ${LATENCY_COLUMNS.map((column) => columnOf(event, column)).join(', ')},`;
}

function lacks(path: string, columns: readonly string[], what: string): HeadgateError {
  return new HeadgateError(ErrorCode.InvalidArgument, `line 1 of '${path}' has no ${what}`, {
    remedy: `It has: ${columns.slice(0, 40).join(', ')}. docs/backtest.md describes the format.`,
  });
}
