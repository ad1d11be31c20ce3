import { signMessage } from '../../core/signing';
import type { ExperimentMessage, ExperimentMessageResult } from '../../workflows/experiment/messages';
import { rolloutWorkflowId } from '../../workflows/rollout/messages';
import type { Caller } from '../http/authenticate';
import { acceptedResult, rejected, type OutgoingMessage } from '../rollouts/send-message';
import type { ExperimentWorkflows } from '../temporal/experiment-workflows';
import type { RolloutWorkflows } from '../temporal/rollout-workflows';
import { sendToRun } from '../temporal/send-to-run';
import type { LocatedExperiment } from './experiment-directory';

/** What sending needs. */
export interface ExperimentSendDependencies {
  readonly workflows: Pick<RolloutWorkflows, 'find'>;
  readonly experimentWorkflows: Pick<ExperimentWorkflows, 'send'>;
  readonly signingKey: string;
}

/**
 * Sends a message to a live experiment and waits for what it comes to; when no worker answers, it is left for when one
 * is back. It goes to the run that carries this very experiment, never to what has begun under the same workflow id
 * since.
 *
 * @throws {HeadgateError} MESSAGE_REJECTED with the workflow's reason or because the experiment has ended, TEMPORAL_UNAVAILABLE
 */
export async function sendExperimentMessage(
  { workflows, experimentWorkflows, signingKey }: ExperimentSendDependencies,
  { experimentId, environment, flagKey }: LocatedExperiment,
  name: ExperimentMessage,
  message: OutgoingMessage,
  caller: Pick<Caller, 'name' | 'role'>,
): Promise<ExperimentMessageResult | { readonly queued: true; readonly id: string }> {
  const target = { workflowId: rolloutWorkflowId(environment, flagKey), subjectId: experimentId };
  const signed = signMessage(signingKey, target, name, message, caller);
  const sent = await sendToRun(workflows, { environment, flagKey, id: experimentId }, (run) =>
    experimentWorkflows.send(run, name, signed),
  );
  if (sent === null) throw rejected(name, `experiment '${experimentId}' has ended`);
  return acceptedResult(name, sent) ?? { queued: true, id: signed.id };
}
