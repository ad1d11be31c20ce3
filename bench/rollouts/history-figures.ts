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
  /** Of those that were made: what the lateness consists of. */
  readonly parts: readonly LatenessParts[];
  /** Events of any kind. */
  readonly events: number;
}

/** Where the lateness of one look was spent, in milliseconds. */
export interface LatenessParts {
  /** Until Temporal fired the timer that was due. */
  readonly firingMs: number;
  /** Until a worker had taken the task. */
  readonly waitingMs: number;
  /** Until the worker had renewed the lease, looked and answered. */
  readonly lookingMs: number;
}

/** A look that is under way. */
interface Pending {
  readonly dueMs: number;
  readonly firedMs: number;
  startedMs: number;
}

/**
 * Reads the lateness of looks from a history. A look is due when its timer was to fire; it is done when the task that
 * made it is completed, since lease, judgement and decision all lie within that task. A look that was due in time and
 * is not done at the end counts as late until then.
 */
export function lookFigures(history: History, fromMs: number, untilMs: number): LookFigures {
  const dueAt = new Map<string, number>();
  const lateMs: number[] = [];
  const parts: LatenessParts[] = [];
  let pending: Pending | null = null;
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
      const dueMs = dueAt.get(fired);
      pending = dueMs === undefined ? null : { dueMs, firedMs: at, startedMs: at };
      dueAt.delete(fired);
    }
    // A task that was started in vain is started again: what counts is the one that was answered.
    if (event.workflowTaskStartedEventAttributes != null && pending !== null) pending.startedMs = at;
    if (event.workflowTaskCompletedEventAttributes != null && pending !== null) {
      if (at >= fromMs) {
        lateMs.push(Math.max(0, at - pending.dueMs));
        parts.push({
          firingMs: Math.max(0, pending.firedMs - pending.dueMs),
          waitingMs: pending.startedMs - pending.firedMs,
          lookingMs: at - pending.startedMs,
        });
      }
      pending = null;
    }
  }
  const undone = pending === null ? [...dueAt.values()] : [pending.dueMs];
  for (const due of undone) if (due < untilMs) lateMs.push(untilMs - due);
  return { lateMs, parts, events };
}

/** The q-quantile of numbers, by rank; NaN of none. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}
