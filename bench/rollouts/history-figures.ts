import type { WorkflowHandle } from '@temporalio/client';

type History = Awaited<ReturnType<WorkflowHandle['fetchHistory']>>;
type Timestamp = { seconds?: unknown; nanos?: number | null } | null | undefined;

/** Milliseconds since the Unix epoch of a protobuf instant or duration. */
function toMs(time: Timestamp): number {
  return Number(time?.seconds ?? 0) * 1000 + (time?.nanos ?? 0) / 1e6;
}

/** What one rollout's history tells about its looks between two instants. */
export interface LookFigures {
  /** For each look: from when its timer was due until its result stood in the history, in milliseconds. */
  readonly lateMs: readonly number[];
  /** Events of any kind. */
  readonly events: number;
}

/**
 * Reads the lateness of looks from a history. A look is due when its timer was to fire; it is done when the task that made it is
 * completed, since lease, judgement and decision all lie within that task. A look that was due in time and is not done at the end counts as
 * late until then.
 */
export function lookFigures(history: History, fromMs: number, untilMs: number): LookFigures {
  const dueAt = new Map<string, number>();
  const lateMs: number[] = [];
  let pending: number | null = null;
  let events = 0;
  for (const event of history.events ?? []) {
    const at = toMs(event.eventTime);
    if (at > untilMs) break;
    if (at >= fromMs) events += 1;
    const started = event.timerStartedEventAttributes;
    if (started?.timerId != null) dueAt.set(started.timerId, at + toMs(started.startToFireTimeout));
    const canceled = event.timerCanceledEventAttributes?.timerId;
    if (canceled != null) dueAt.delete(canceled);
    const fired = event.timerFiredEventAttributes?.timerId;
    if (fired != null) {
      pending = dueAt.get(fired) ?? null;
      dueAt.delete(fired);
    }
    if (event.workflowTaskCompletedEventAttributes != null && pending !== null) {
      if (at >= fromMs) lateMs.push(Math.max(0, at - pending));
      pending = null;
    }
  }
  for (const due of pending === null ? dueAt.values() : [pending]) if (due < untilMs) lateMs.push(untilMs - due);
  return { lateMs, events };
}

/** The q-quantile of numbers, by rank; NaN of none. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}
