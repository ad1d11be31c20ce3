import type { ErrorCode } from '../core/errors';
import { HeadgateError } from '../core/errors';
import type { ExperimentOutcome } from '../workflows/experiment/status';
import type { RolloutOutcome, RolloutPhase } from '../workflows/rollout/status';

/** Exit codes of every command; docs/cli.md lists them, and a test compares the two. */
export const ExitCode = {
  /**
   * The command did what was asked; a rollout that was waited for has completed, an experiment has concluded, a
   * training has a model to show.
   */
  Ok: 0,
  /** Any other error. */
  Error: 1,
  /** The command line, or a file it names, is wrong: repeating it cannot help. */
  Usage: 2,
  /** The rollout was rolled back; the experiment was stopped by its guardrails. */
  RolledBack: 3,
  /** The rollout or experiment was aborted. */
  Aborted: 4,
  /** Another rollout took this one's place. */
  Superseded: 5,
  /** The start or the message was refused as things stand; a training had too few rollouts to learn from. */
  Refused: 6,
  /** `--timeout` has passed; the rollout goes on. */
  TimedOut: 7,
  /** The server, or the database or Temporal behind it, does not answer. */
  Unreachable: 8,
  /** No valid token, or one that may not do this. */
  PermissionDenied: 9,
  /** `audit verify` found a broken chain. */
  AuditBroken: 10,
  /** Interrupted by Ctrl-C (128 + SIGINT); a rollout goes on. */
  Interrupted: 130,
  /** Ended by SIGTERM (128 + SIGTERM); a rollout goes on. */
  Terminated: 143,
} as const;
/** One of the exit codes. */
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

const OF_OUTCOME: Readonly<Record<RolloutOutcome, ExitCode>> = {
  completed: ExitCode.Ok,
  rolled_back: ExitCode.RolledBack,
  aborted: ExitCode.Aborted,
  superseded: ExitCode.Superseded,
  refused: ExitCode.Refused,
};

const OF_EXPERIMENT: Readonly<Record<ExperimentOutcome, ExitCode>> = {
  concluded: ExitCode.Ok,
  stopped: ExitCode.RolledBack,
  aborted: ExitCode.Aborted,
  refused: ExitCode.Refused,
};

/** What waiting for an experiment with this end exits with. */
export function exitCodeOfExperiment(outcome: ExperimentOutcome): ExitCode {
  return OF_EXPERIMENT[outcome];
}

/** Whether a phase is an end. */
export function isEnd(phase: RolloutPhase): phase is RolloutOutcome {
  return phase in OF_OUTCOME;
}

/** What waiting for a rollout with this end exits with. */
export function exitCodeOfOutcome(outcome: RolloutOutcome): ExitCode {
  return OF_OUTCOME[outcome];
}

const OF_ERROR: Partial<Readonly<Record<ErrorCode, ExitCode>>> = {
  INVALID_ARGUMENT: ExitCode.Usage,
  INVALID_DURATION: ExitCode.Usage,
  INVALID_FLAG: ExitCode.Usage,
  INVALID_PLAN: ExitCode.Usage,
  INVALID_CONFIG: ExitCode.Usage,
  INVALID_REPOSITORY: ExitCode.Usage,
  IN_USE: ExitCode.Refused,
  MODEL_NOT_FOUND: ExitCode.Usage,
  TRAINING_NOT_FOUND: ExitCode.Usage,
  SCHEDULED_CHANGE_NOT_FOUND: ExitCode.Usage,
  SCHEDULED_CHANGE_ENDED: ExitCode.Refused,
  ROLLOUT_LIVE: ExitCode.Refused,
  EXPERIMENT_LIVE: ExitCode.Refused,
  GROUP_LIVE: ExitCode.Refused,
  REVISION_CONFLICT: ExitCode.Refused,
  MESSAGE_REJECTED: ExitCode.Refused,
  UNAUTHENTICATED: ExitCode.PermissionDenied,
  PERMISSION_DENIED: ExitCode.PermissionDenied,
  DATABASE_UNAVAILABLE: ExitCode.Unreachable,
  TEMPORAL_UNAVAILABLE: ExitCode.Unreachable,
  SERVER_UNREACHABLE: ExitCode.Unreachable,
  OVERLOADED: ExitCode.Unreachable,
  TIMED_OUT: ExitCode.TimedOut,
};

/** What a command that throws this exits with. */
export function exitCodeOfError(error: unknown): ExitCode {
  return (error instanceof HeadgateError ? OF_ERROR[error.code] : undefined) ?? ExitCode.Error;
}
