import { ErrorCode, HeadgateError, messageOf } from '../../core/errors';

const REMEDY = 'Try again. To stop a feature without Temporal: headgate flag off KEY --reason …';

/** What a call fails with that Temporal did not answer. */
export function unavailable(error: unknown, remedy = REMEDY): HeadgateError {
  return new HeadgateError(ErrorCode.TemporalUnavailable, `Temporal did not answer: ${messageOf(error)}`, {
    cause: error,
    retryable: true,
    remedy,
  });
}
