import type { MessageArguments, MessageName, MessageResult, RolloutInput } from '../../workflows/rollout/messages';
import type { RolloutStatus } from '../../workflows/rollout/status';

/** The latest execution under a flag's workflow id: a rollout, or an experiment. */
export interface FoundRollout {
  readonly rolloutId: string;
  readonly identity: string;
  readonly runId: string;
  readonly running: boolean;
  /** It is an experiment, whose id `rolloutId` is. */
  readonly isExperiment?: true;
}

/** Where a message is to go. */
export interface MessageTarget {
  readonly environment: string;
  readonly flagKey: string;
  /** This run alone, so that a message cannot reach a rollout begun meanwhile; when omitted, the latest. */
  readonly runId?: string;
}

/** What became of a message: `silent` when no worker answered in time and it was left as a signal. */
export type Sent<Result> =
  | { readonly kind: 'answered'; readonly result: Result }
  | { readonly kind: 'rejected'; readonly why: string }
  | { readonly kind: 'silent' };

/**
 * What became of a message to one run; `run_ended` when that run is no more: its workflow has ended, or continues as
 * another run.
 */
export type SentToRun<Result> = Sent<Result> | { readonly kind: 'run_ended' };

/**
 * The live rollouts as Temporal holds them. Every call has a deadline; when Temporal does not answer by then it throws a
 * HeadgateError TEMPORAL_UNAVAILABLE.
 */
export interface RolloutWorkflows {
  /** The latest rollout or experiment of a flag that Temporal still knows; null when it knows none. */
  find(target: MessageTarget): Promise<FoundRollout | null>;
  /**
   * Starts a rollout; `exists` when a rollout or experiment is live under the same workflow id, which Temporal alone
   * decides.
   */
  start(input: RolloutInput, owner: string | undefined): Promise<'started' | 'exists'>;
  /** The workflow's own status; null when no worker answers in time or there is no such workflow. */
  status(target: MessageTarget): Promise<RolloutStatus | null>;
  /** Sends a message to one run and waits up to five seconds for what it comes to; then leaves it as a signal. */
  send(
    target: Required<MessageTarget>,
    name: MessageName,
    args: MessageArguments & { readonly id: string },
  ): Promise<SentToRun<MessageResult>>;
  /** Whether Temporal answers now. */
  isReachable(): Promise<boolean>;
  close(): Promise<void>;
}
