import { randomUUID } from 'node:crypto';
import type { EventBatch, MetricEvent } from '../../metrics/events';

/** What the senders of the measurement look like. */
export interface Traffic {
  readonly flags: number;
  readonly eventsPerBatch: number;
  readonly segments: readonly string[];
}

/** A batch as providers send it now: one exposure for every four requests, with latencies of a log-normal kind. */
export function makeBatch({ flags, eventsPerBatch, segments }: Traffic, nowMs: number): EventBatch {
  const events = Array.from({ length: eventsPerBatch }, (_, index): MetricEvent => {
    const flag = Math.floor(Math.random() * flags);
    const served = {
      flag: `flag-${flag}`,
      rollout: `rollout-${flag}`,
      variant: Math.random() < 0.5 ? 'on' : 'off',
      transition: 3,
      cell: Math.floor(Math.random() * 64),
      ...(Math.random() < 0.3 ? { segments: [segments[index % segments.length] ?? ''] } : {}),
    };
    if (index % 5 === 0) return { kind: 'exposure', ...served, at: nowMs };
    const value = Math.round(Math.exp(4.5 + 0.7 * gaussian()) * 10) / 10;
    const error = Math.random() < 0.01;
    return { kind: 'outcome', name: 'request', ...served, exposedAt: nowMs, value, ...(error ? { error } : {}) };
  });
  return { batchId: randomUUID(), createdAt: nowMs, events };
}

function gaussian(): number {
  return Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
}
