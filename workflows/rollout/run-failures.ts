import { ApplicationFailure, isCancellation, patched, TimeoutFailure } from '@temporalio/workflow';

/**
 * An activity that failed for an outage is lived with; one that failed for a bug ends the rollout visibly. What an
 * ordinary activity failed with comes wrapped, what a local one threw comes as it is. That a local one ran out of time
 * comes wrapped as it happens and as it is when the history is replayed, so both must lead to the same.
 */
export function rethrowUnlessOutage(error: unknown): void {
  if (isCancellation(error)) throw error;
  if (error instanceof TimeoutFailure) return;
  if (error instanceof ApplicationFailure) {
    // Rollouts from before took an outage that a local activity met for a bug, and were lowered; their histories are
    // replayed as they went.
    if (error.nonRetryable || !patched('outage-of-local-activity')) throw error;
    return;
  }
  const cause = error instanceof Error ? error.cause : undefined;
  if (!(cause instanceof ApplicationFailure)) {
    if (error instanceof Error && error.name === 'ActivityFailure') return;
    throw error;
  }
  if (cause.nonRetryable) throw error;
}

/** Null for a cancellation; anything else is thrown again. */
export function swallowCancellation(error: unknown): null {
  if (isCancellation(error)) return null;
  throw error;
}

/** What went wrong underneath, in its own words. */
export function messageOfCause(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}

/** The failure that a broken rollout ends with, after its flag was lowered. */
export function asFailure(error: unknown): ApplicationFailure {
  return ApplicationFailure.create({
    message: `the rollout failed and its flag was lowered: ${messageOfCause(error)}`,
    type: 'ROLLOUT_FAILED',
    nonRetryable: true,
    ...(error instanceof Error ? { cause: error } : {}),
  });
}
