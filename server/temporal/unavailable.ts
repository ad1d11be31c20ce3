import { ErrorCode, HeadgateError, messageOf } from '../../core/errors';

/** What a call fails with that Temporal did not answer. */
export function unavailable(error: unknown): HeadgateError {
  return new HeadgateError(ErrorCode.TemporalUnavailable, `Temporal did not answer: ${messageOf(error)}`, {
    cause: error,
    retryable: true,
    remedy: 'Try again. To stop a feature without Temporal: headgate flag off KEY --reason …',
  });
}
