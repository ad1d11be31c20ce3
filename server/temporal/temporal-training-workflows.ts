import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import { ErrorCode, HeadgateError, messageOf } from '../../core/errors';
import { TRAINING_TASK_QUEUE, TRAINING_WORKFLOW_ID, type TrainingInput } from '../../workflows/training/messages';
import type { TrainingWorkflows } from './training-workflows';

/** {@link TrainingWorkflows} on the server's connection to Temporal. */
export class TemporalTrainingWorkflows implements TrainingWorkflows {
  constructor(private readonly client: Client) {}

  async start(input: TrainingInput): Promise<string> {
    try {
      await this.client.workflow.start('trainingWorkflow', {
        workflowId: TRAINING_WORKFLOW_ID,
        taskQueue: TRAINING_TASK_QUEUE,
        args: [input],
        workflowIdConflictPolicy: 'FAIL',
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        workflowExecutionTimeout: '3 hours',
        staticSummary: `failure model, started by ${input.startedBy}`,
      });
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError) return TRAINING_WORKFLOW_ID;
      throw new HeadgateError(ErrorCode.TemporalUnavailable, `Temporal did not answer: ${messageOf(error)}`, {
        cause: error,
        retryable: true,
        remedy: 'Try again. Rollouts go on with the model that decides now.',
      });
    }
    return TRAINING_WORKFLOW_ID;
  }
}
