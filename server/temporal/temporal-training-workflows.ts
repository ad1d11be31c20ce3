import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowFailedError,
  WorkflowNotFoundError,
  type Client,
} from '@temporalio/client';
import { messageOf, type HeadgateError } from '../../core/errors';
import {
  TRAINING_TASK_QUEUE,
  TRAINING_WORKFLOW_ID,
  type TrainingInput,
  type TrainingReport,
} from '../../workflows/training/messages';
import type { StartedTraining, TrainingState, TrainingWorkflows } from './training-workflows';
import { unavailable } from './unavailable';

/** {@link TrainingWorkflows} on the server's connection to Temporal. */
export class TemporalTrainingWorkflows implements TrainingWorkflows {
  constructor(
    private readonly client: Client,
    private readonly taskQueue: string = TRAINING_TASK_QUEUE,
    private readonly workflowId: string = TRAINING_WORKFLOW_ID,
  ) {}

  async start(input: TrainingInput): Promise<StartedTraining> {
    const { workflowId, taskQueue } = this;
    try {
      const { firstExecutionRunId } = await this.client.workflow.start('trainingWorkflow', {
        workflowId,
        taskQueue,
        args: [input],
        workflowIdConflictPolicy: 'FAIL',
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        workflowExecutionTimeout: '3 hours',
        staticSummary: `failure model, started by ${input.startedBy}`,
      });
      return { workflowId, runId: firstExecutionRunId, outcome: 'started' };
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw unanswered(error);
    }
    const { runId } = await this.client.workflow
      .getHandle(workflowId)
      .describe()
      .catch((error: unknown) => {
        throw unanswered(error);
      });
    return { workflowId, runId, outcome: 'attached' };
  }

  async state(runId: string): Promise<TrainingState | null> {
    const handle = this.client.workflow.getHandle<() => Promise<TrainingReport>>(this.workflowId, runId);
    try {
      const { status } = await handle.describe();
      if (status.name === 'RUNNING') return { phase: 'running' };
      return { phase: 'finished', report: await handle.result() };
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return null;
      if (error instanceof WorkflowFailedError) return { phase: 'failed', why: innermost(error) };
      throw unanswered(error);
    }
  }
}

/** Temporal wraps what a failed activity threw in errors that say no more than that it failed. */
function innermost(error: Error): string {
  return error.cause instanceof Error ? innermost(error.cause) : messageOf(error);
}

function unanswered(error: unknown): HeadgateError {
  return unavailable(error, 'Try again. Rollouts go on with the model that decides now.');
}
