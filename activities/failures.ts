import { ApplicationFailure } from '@temporalio/common';
import { MongoError, MongoNetworkError, MongoServerSelectionError } from 'mongodb';
import { ErrorCode, HeadgateError, messageOf } from '../core/errors';

/** MongoDB server codes of states that pass: elections, shutdown, exceeded time limits. */
const PASSING_CODES = new Set([6, 7, 50, 64, 89, 91, 189, 262, 10107, 11600, 11602, 13435, 13436]);

function isOutage(error: unknown): boolean {
  if (error instanceof HeadgateError) return error.retryable;
  if (error instanceof MongoNetworkError || error instanceof MongoServerSelectionError) return true;
  if (error instanceof MongoError) {
    if (error.hasErrorLabel('RetryableWriteError') || error.hasErrorLabel('TransientTransactionError')) return true;
    return PASSING_CODES.has(Number(error.code)) || /timed out|closed|pool/i.test(error.message);
  }
  return false;
}

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
