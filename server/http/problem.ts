import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { ErrorCode, HeadgateError, messageOf } from '../../core/errors';

/** Body of every refusal, in the manner of RFC 9457. */
export const Problem = z.strictObject({
  /** Stable; see docs/reference/errors.md. */
  code: z.enum(ErrorCode),
  message: z.string(),
  /** What to do about it, in one sentence. */
  remedy: z.string().optional(),
  details: z.record(z.string(), z.unknown()).optional(),
});
export type Problem = z.infer<typeof Problem>;

const STATUS: Readonly<Partial<Record<ErrorCode, number>>> = {
  INVALID_ARGUMENT: 400,
  INVALID_DURATION: 400,
  INVALID_FLAG: 422,
  INVALID_PLAN: 422,
  RECORD_TOO_LARGE: 413,
  BATCH_TOO_OLD: 422,
  BODY_TOO_LARGE: 413,
  FLAG_NOT_FOUND: 404,
  SEGMENT_NOT_FOUND: 404,
  ROLLOUT_NOT_FOUND: 404,
  HOLDOUT_NOT_FOUND: 404,
  EXPERIMENT_NOT_FOUND: 404,
  GROUP_NOT_FOUND: 404,
  ROUTE_NOT_FOUND: 404,
  TOKEN_NOT_FOUND: 404,
  MODEL_NOT_FOUND: 404,
  TRAINING_NOT_FOUND: 404,
  SCHEDULED_CHANGE_NOT_FOUND: 404,
  SCHEDULED_CHANGE_ENDED: 409,
  IN_USE: 409,
  ROLLOUT_LIVE: 409,
  EXPERIMENT_LIVE: 409,
  GROUP_LIVE: 409,
  REVISION_CONFLICT: 409,
  MESSAGE_REJECTED: 409,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  DATABASE_UNAVAILABLE: 503,
  DATABASE_UNSAFE: 503,
  TEMPORAL_UNAVAILABLE: 503,
  SOURCE_UNAVAILABLE: 503,
  SERVER_UNREACHABLE: 503,
  STACK_UNAVAILABLE: 503,
  TIMED_OUT: 504,
  OVERLOADED: 503,
};
/** Seconds after which a caller may try a 503 again. */
const RETRY_AFTER_SECONDS = 1;

/** HTTP status of a stable code; codes that no route knows of count as a bug of ours. */
export function statusOf(code: ErrorCode): number {
  return STATUS[code] ?? 500;
}

/** Turns anything thrown by a route into the error it is for callers. Unknown ones tell nothing of the inside. */
export function asHeadgateError(error: unknown): HeadgateError {
  if (error instanceof HeadgateError) return error;
  const { code = '', statusCode = 500 } = error as Partial<FastifyError>;
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return new HeadgateError(ErrorCode.BodyTooLarge, 'the body is larger than this route takes', { cause: error });
  }
  if (code === 'FST_ERR_HANDLER_TIMEOUT') {
    return new HeadgateError(ErrorCode.Overloaded, 'this took longer than the server allows', {
      cause: error,
      retryable: true,
      remedy: 'Try again; what was asked for may have been done meanwhile.',
    });
  }
  if (statusCode >= 400 && statusCode < 500) {
    return new HeadgateError(ErrorCode.InvalidArgument, messageOf(error), {
      cause: error,
      remedy: 'Send JSON with the header content-type: application/json.',
    });
  }
  if (isMongoOutage(error)) {
    return new HeadgateError(ErrorCode.DatabaseUnavailable, 'the database does not answer', {
      cause: error,
      retryable: true,
      remedy: 'Try again; if it lasts, look at the database and HEADGATE_MONGODB_URL.',
    });
  }
  return new HeadgateError(ErrorCode.Internal, 'an unexpected error; the server log has it under this request id', {
    cause: error,
  });
}

/** Fastify's error handler: one shape, one log line, and a hint when to try again. */
export function sendProblem(thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const error = asHeadgateError(thrown);
  const status = statusOf(error.code);
  const fields = { code: error.code, status };
  if (status >= 500 && error.code !== ErrorCode.Overloaded) {
    request.log.error({ ...fields, err: error.cause ?? error }, error.message);
  } else {
    request.log.info(fields, 'refused');
  }
  if (status === 503) void reply.header('retry-after', String(RETRY_AFTER_SECONDS));
  if (status === 401) void reply.header('www-authenticate', 'Bearer');
  const details = status === 500 ? { requestId: request.id } : error.details;
  const problem: Problem = {
    code: error.code,
    message: error.message,
    ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
    ...(details === undefined ? {} : { details: { ...details } }),
  };
  void reply.code(status).type('application/problem+json').send(JSON.stringify(problem));
}

/** Names, not classes: the driver belongs to the store, and these alone mean that it may work in a moment. */
function isMongoOutage(error: unknown): boolean {
  const name = error instanceof Error ? error.name : '';
  return /^Mongo(Network|ServerSelection|NotConnected|TopologyClosed|PoolCleared|WaitQueueTimeout|OperationTimeout)/.test(
    name,
  );
}
