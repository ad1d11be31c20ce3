import { ApplicationFailure } from '@temporalio/common';
import { ErrorCode, HeadgateError, messageOf } from '../core/errors';
import { isOutage } from '../store/database';

/**
 * Sorts what an activity threw: trouble that passes is retried by the activity's policy; anything else is a bug or a request
 * that can never succeed, and fails at once and visibly.
 */
export function asActivityFailure(error: unknown): ApplicationFailure {
  if (error instanceof ApplicationFailure) return error;
  const type =
    error instanceof HeadgateError ? error.code : isOutage(error) ? ErrorCode.DatabaseUnavailable : ErrorCode.Internal;
  return ApplicationFailure.create({
    message: messageOf(error),
    type,
    nonRetryable: !isOutage(error),
    ...(error instanceof Error ? { cause: error } : {}),
  });
}

/** Wraps every activity of a group so that what it throws is sorted by {@link asActivityFailure}. */
export function withSortedFailures<Group extends object>(activities: Group): Group {
  const wrapped = Object.entries(activities as Record<string, unknown>).map(([name, activity]) => {
    if (typeof activity !== 'function') return [name, activity];
    const run = activity as (...args: unknown[]) => Promise<unknown>;
    return [
      name,
      async (...args: unknown[]): Promise<unknown> => {
        try {
          return await run(...args);
        } catch (error) {
          throw asActivityFailure(error);
        }
      },
    ];
  });
  return Object.fromEntries(wrapped) as Group;
}
