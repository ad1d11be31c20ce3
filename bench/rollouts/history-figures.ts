import type { WorkflowHandle } from '@temporalio/client';

type History = Awaited<ReturnType<WorkflowHandle['fetchHistory']>>;
type Timestamp = { seconds?: unknown; nanos?: number | null } | null | undefined;

/** Milliseconds since the Unix epoch of a protobuf instant or duration. */
function toMs(time: Timestamp): number {
  return Number(time?.seconds ?? 0) * 1000 + (time?.nanos ?? 0) / 1e6;
}

/** What one rollout's history tells about its looks. */
export interface LookFigures {
  /** For each look: from when its timer was due until its result stood in the history, in milliseconds. */
  readonly lateMs: readonly number[];
  readonly events: number;
  readonly spanMs: number;
}

/**
 * Reads the lateness of looks from a history. A look is due when its timer was to fire; it is done when the task that made it is
 * completed, since lease, judgement and decision all lie within that task.
 */
export function lookFigures(history: History, fromMs: number): LookFigures {
  const events = history.events ?? [];
  const dueAt = new Map<string, number>();
  const lateMs: number[] = [];
  let pending: number | null = null;
  for (const event of events) {
    const at = toMs(event.eventTime);
    const started = event.timerStartedEventAttributes;
    if (started?.timerId != null) dueAt.set(started.timerId, at + toMs(started.startToFireTimeout));
    const fired = event.timerFiredEventAttributes;
    if (fired?.timerId != null) pending = dueAt.get(fired.timerId) ?? null;
    if (event.workflowTaskCompletedEventAttributes != null && pending !== null) {
      if (at >= fromMs) lateMs.push(Math.max(0, at - pending));
      pending = null;
    }
  }
  const first = toMs(events[0]?.eventTime);
  const last = toMs(events.at(-1)?.eventTime);
  return { lateMs, events: events.length, spanMs: last - first };
}

/** The q-quantile of numbers, by rank; NaN of none. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}
