import type { Margin, Metric, MetricKind } from './metric';
import type { WrittenKind } from './user-metric';

/** Steps of a plan that names none, in percent; completion follows. */
export const DEFAULT_WEIGHTS: readonly number[] = [1, 5, 10, 25, 50];

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** The margin of a metric that names none. */
export function defaultMargin(kind: WrittenKind): Margin {
  switch (kind) {
    case 'error_rate':
      return { absolute: 0.005, relative: 0.1 };
    case 'slower_than':
      return { absolute: 0.01, relative: 0.1 };
    case 'mean_value':
    case 'events_per_exposure':
    case 'quantile':
    case 'distribution':
    case 'ratio':
    case 'conversion_rate':
    case 'total_per_user':
      return { absolute: 0, relative: 0.1 };
  }
}

/** Which way is good for a metric that does not say: more only of what users are wanted to do. */
export function defaultDirection(kind: WrittenKind): Metric['direction'] {
  return kind === 'conversion_rate' || kind === 'total_per_user' ? 'higher_is_better' : 'lower_is_better';
}

/** The guardrails of a plan that names no metrics: errors, requests slower than 500 ms, and the mean of the event's value. */
export function defaultMetrics(event: string): Metric[] {
  const guardrail = (name: string, kind: MetricKind): Metric => ({
    name,
    role: 'guardrail',
    kind,
    event,
    direction: 'lower_is_better',
    margin: defaultMargin(kind),
  });
  return [
    guardrail('errors', 'error_rate'),
    { ...guardrail('slow', 'slower_than'), threshold: 500 },
    guardrail('latency', 'mean_value'),
  ];
}

/** How many metrics a plan without any is judged by. */
export const DEFAULT_METRIC_COUNT = 3;

/** Length of a metric window that suits the shortest bake: fine for quick rollouts, few windows for long ones. */
export function defaultWindowMs(shortestBakeMs: number): number {
  if (shortestBakeMs < 30_000) return 1000;
  if (shortestBakeMs < 30 * MINUTE_MS) return 5000;
  return shortestBakeMs < 2 * HOUR_MS ? 10_000 : MINUTE_MS;
}

/** How long latency is not held against the candidate after a raise: caches fill, connections open, code is compiled. */
export function defaultWarmUpMs(shortestBakeMs: number): number {
  return Math.min(4 * MINUTE_MS, Math.floor(shortestBakeMs / 2));
}

/** Silence for longer than this is past its deadline, unless the plan says otherwise. */
export function defaultNoDataDeadlineMs(longestBakeMs: number): number {
  return Math.max(30 * MINUTE_MS, 3 * longestBakeMs);
}

/** Intervals and lease that fit together: what is written stays, the rest follows it. All in milliseconds. */
export function lookAndLease(written: {
  readonly shortest?: number | undefined;
  readonly longest?: number | undefined;
  readonly lease?: number | undefined;
}): { shortestMs: number; longestMs: number; leaseMs: number } {
  const third = written.lease === undefined ? Number.POSITIVE_INFINITY : Math.floor(written.lease / 3);
  const longestMs = written.longest ?? Math.min(Math.max(MINUTE_MS, written.shortest ?? 0), third);
  const shortestMs = written.shortest ?? Math.min(5000, longestMs);
  return { shortestMs, longestMs, leaseMs: written.lease ?? Math.max(5 * MINUTE_MS, 3 * longestMs) };
}
