import { ErrorCode, HeadgateError, messageOf } from '../../core/errors';
import { FUTURE_TOLERANCE_MS } from '../../metrics/aggregate';
import { BATCH_MEMORY_MS, type EventBatch } from '../../metrics/events';

/**
 * Refuses what can no longer, or not yet, be told from a repetition.
 *
 * @throws {HeadgateError} BATCH_TOO_OLD, or INVALID_ARGUMENT when it is too far ahead
 */
export function checkAge({ createdAt }: EventBatch, now: number): void {
  if (now - createdAt > BATCH_MEMORY_MS) {
    throw new HeadgateError(ErrorCode.BatchTooOld, 'the batch was made more than 24 hours ago', {
      remedy: 'Drop it: whether it was counted before is no longer known.',
    });
  }
  if (createdAt - now > FUTURE_TOLERANCE_MS) {
    throw new HeadgateError(ErrorCode.InvalidArgument, 'the batch was made more than five minutes ahead of now', {
      remedy: "Set createdAt by the server's time, as the flag responses carry it.",
    });
  }
}

/** More waits than memory is meant to hold. */
export function overloaded(): HeadgateError {
  return new HeadgateError(ErrorCode.Overloaded, 'more events wait to be stored than this server holds', {
    retryable: true,
    remedy: 'Send the same batch again later, with the same id.',
  });
}

/** A batch that touches more totals than one document holds. */
export function tooLarge(size: number, most: number): HeadgateError {
  return new HeadgateError(
    ErrorCode.BodyTooLarge,
    `the batch adds to ${size} totals; at most ${most} can be stored together`,
    {
      remedy: 'Send fewer events in one batch, under a new id.',
    },
  );
}

/** The database did not say in time whether a batch is stored. */
export function unavailable(cause: unknown): HeadgateError {
  return new HeadgateError(ErrorCode.DatabaseUnavailable, `events could not be stored: ${messageOf(cause)}`, {
    cause,
    retryable: true,
    remedy: 'Send the same batch again, with the same id.',
  });
}
