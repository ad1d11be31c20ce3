/**
 * Stable codes of every error a caller may meet. They are part of the API: a code is never renamed, and each stands in
 * `docs/reference/errors.md` with its cause and remedy.
 */
export const ErrorCode = {
  // Input that can never succeed as it is.
  InvalidArgument: 'INVALID_ARGUMENT',
  InvalidDuration: 'INVALID_DURATION',
  InvalidFlag: 'INVALID_FLAG',
  InvalidPlan: 'INVALID_PLAN',
  InvalidConfig: 'INVALID_CONFIG',
  InvalidRepository: 'INVALID_REPOSITORY',
  RecordTooLarge: 'RECORD_TOO_LARGE',
  BatchTooOld: 'BATCH_TOO_OLD',
  BodyTooLarge: 'BODY_TOO_LARGE',
  // What is asked for does not stand there, or stands otherwise.
  FlagNotFound: 'FLAG_NOT_FOUND',
  SegmentNotFound: 'SEGMENT_NOT_FOUND',
  RolloutNotFound: 'ROLLOUT_NOT_FOUND',
  HoldoutNotFound: 'HOLDOUT_NOT_FOUND',
  ExperimentNotFound: 'EXPERIMENT_NOT_FOUND',
  GroupNotFound: 'GROUP_NOT_FOUND',
  RouteNotFound: 'ROUTE_NOT_FOUND',
  TokenNotFound: 'TOKEN_NOT_FOUND',
  ModelNotFound: 'MODEL_NOT_FOUND',
  TrainingNotFound: 'TRAINING_NOT_FOUND',
  ScheduledChangeNotFound: 'SCHEDULED_CHANGE_NOT_FOUND',
  ScheduledChangeEnded: 'SCHEDULED_CHANGE_ENDED',
  InUse: 'IN_USE',
  RolloutLive: 'ROLLOUT_LIVE',
  ExperimentLive: 'EXPERIMENT_LIVE',
  GroupLive: 'GROUP_LIVE',
  RevisionConflict: 'REVISION_CONFLICT',
  MessageRejected: 'MESSAGE_REJECTED',
  // Who may.
  Unauthenticated: 'UNAUTHENTICATED',
  PermissionDenied: 'PERMISSION_DENIED',
  // Trouble of a system we depend on: worth another attempt.
  DatabaseUnavailable: 'DATABASE_UNAVAILABLE',
  DatabaseUnsafe: 'DATABASE_UNSAFE',
  TemporalUnavailable: 'TEMPORAL_UNAVAILABLE',
  SourceUnavailable: 'SOURCE_UNAVAILABLE',
  ArtefactStoreUnavailable: 'ARTEFACT_STORE_UNAVAILABLE',
  ServerUnreachable: 'SERVER_UNREACHABLE',
  StackUnavailable: 'STACK_UNAVAILABLE',
  TimedOut: 'TIMED_OUT',
  PortInUse: 'PORT_IN_USE',
  Overloaded: 'OVERLOADED',
  // Stored bytes that are not what was stored.
  ArtefactCorrupt: 'ARTEFACT_CORRUPT',
  // A bug of ours.
  Internal: 'INTERNAL',
} as const;
/** One of the stable codes. */
export type ErrorCode = (typeof ErrorCode)[keyof typeof ErrorCode];

/** What an error carries beside its message. */
export interface HeadgateErrorOptions {
  /** The error underneath, kept for logs. */
  readonly cause?: unknown;
  /** Whether the same call may succeed later without being changed; false by default. */
  readonly retryable?: boolean;
  /** What to do about it, in one sentence for a person. */
  readonly remedy?: string;
  /** Further facts, safe to show: never a secret, never a user's identity. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** The base of every error Headgate throws: a stable code, whether a retry can help, and the remedy. */
export class HeadgateError extends Error {
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly remedy: string | undefined;
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(code: ErrorCode, message: string, options: HeadgateErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'HeadgateError';
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.remedy = options.remedy;
    this.details = options.details;
  }
}

/** One thing wrong with a document: where, what, and how to mend it. */
export interface Issue {
  /** Path of the field, such as `steps[1].weight`; empty for the whole document. */
  readonly field: string;
  /** 1-based line in the source text, when the text is known. */
  readonly line?: number;
  readonly message: string;
}

/** A document that does not fit its schema; lists every problem at once. */
export class ValidationError extends HeadgateError {
  readonly issues: readonly Issue[];

  constructor(code: ErrorCode, subject: string, issues: readonly Issue[]) {
    const lines = issues.map(
      ({ field, line, message }) =>
        `${line === undefined ? '' : `line ${line}: `}${field === '' ? '' : `${field}: `}${message}`,
    );
    super(code, `${subject} is not valid: ${lines.join('; ')}`, { details: { issues } });
    this.name = 'ValidationError';
    this.issues = issues;
  }
}

/** The message of anything thrown, for logs and wrapping. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
