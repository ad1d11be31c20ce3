import type { ExperimentInput, ExperimentMessage, ExperimentMessageResult } from '../../workflows/experiment/messages';
import type { ExperimentStatus } from '../../workflows/experiment/status';
import type { MessageArguments } from '../../workflows/rollout/messages';
import type { MessageTarget, SentToRun } from './rollout-workflows';

/**
 * The live experiments as Temporal holds them; which one runs under a flag's workflow id is found as for rollouts. Each
 * call throws a HeadgateError TEMPORAL_UNAVAILABLE when Temporal does not answer in time.
 */
export interface ExperimentWorkflows {
  /**
   * Starts an experiment; `exists` when a rollout or experiment is live under the same workflow id, which Temporal
   * alone decides.
   */
  start(input: ExperimentInput): Promise<'started' | 'exists'>;
  /** The workflow's own status; null when no worker answers in time or there is no such workflow. */
  status(target: MessageTarget): Promise<ExperimentStatus | null>;
  /** Sends a message to one run and waits up to five seconds for what it comes to; then leaves it as a signal. */
  send(
    target: Required<MessageTarget>,
    name: ExperimentMessage,
    args: MessageArguments & { readonly id: string },
  ): Promise<SentToRun<ExperimentMessageResult>>;
}
