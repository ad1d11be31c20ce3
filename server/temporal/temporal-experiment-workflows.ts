import type { Client } from '@temporalio/client';
import {
  EXPERIMENT_WORKFLOW,
  experimentStatusQuery,
  type ExperimentInput,
  type ExperimentMessage,
  type ExperimentMessageResult,
} from '../../workflows/experiment/messages';
import type { ExperimentStatus } from '../../workflows/experiment/status';
import { ROLLOUT_TASK_QUEUE, rolloutWorkflowId, type MessageArguments } from '../../workflows/rollout/messages';
import type { ExperimentWorkflows } from './experiment-workflows';
import type { MessageTarget, SentToRun } from './rollout-workflows';
import { sendUpdate } from './send-update';
import { startWorkflow } from './start-workflow';

/** {@link ExperimentWorkflows} on the server's connection to Temporal. */
export class TemporalExperimentWorkflows implements ExperimentWorkflows {
  constructor(
    private readonly client: Client,
    private readonly taskQueue: string = ROLLOUT_TASK_QUEUE,
  ) {}

  async start(input: ExperimentInput): Promise<'started' | 'exists'> {
    const { environment, flagKey, experimentId, identity, plan } = input;
    const { owner } = plan.base;
    return startWorkflow(this.client, EXPERIMENT_WORKFLOW, {
      workflowId: rolloutWorkflowId(environment, flagKey),
      taskQueue: this.taskQueue,
      input,
      // Under the name that rollouts have it, by which the owner of a flag's block is known.
      memo: { rolloutId: experimentId, identity },
      staticSummary: `experiment on ${flagKey}: ${plan.treatments.join(', ')} in ${environment}`,
      found: { environment, flag: flagKey, owner },
    });
  }

  async status({ environment, flagKey }: MessageTarget): Promise<ExperimentStatus | null> {
    const handle = this.client.workflow.getHandle(rolloutWorkflowId(environment, flagKey));
    // Whatever the reason, the projection is what is left to show.
    return handle.query(experimentStatusQuery).catch(() => null);
  }

  send(
    { environment, flagKey, runId }: Required<MessageTarget>,
    name: ExperimentMessage,
    args: MessageArguments & { readonly id: string },
  ): Promise<SentToRun<ExperimentMessageResult>> {
    const handle = this.client.workflow.getHandle(rolloutWorkflowId(environment, flagKey), runId);
    return sendUpdate<ExperimentMessageResult>(handle, name, args);
  }
}
