import { WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError, type Client } from '@temporalio/client';
import { ROLLOUT_TASK_QUEUE } from '../../workflows/rollout/messages';
import {
  SCHEDULED_CHANGE_WORKFLOW,
  scheduledChangeStart,
  scheduledChangeWorkflowId,
  type ScheduledChangeInput,
} from '../../workflows/scheduled/messages';
import type { ChangeTimers } from './change-timers';
import { unavailable } from './unavailable';

const REMEDY = 'Try again: nothing was scheduled.';

/** {@link ChangeTimers} on the server's connection to Temporal. */
export class TemporalChangeTimers implements ChangeTimers {
  constructor(
    private readonly client: Client,
    private readonly taskQueue: string = ROLLOUT_TASK_QUEUE,
  ) {}

  async start(input: ScheduledChangeInput): Promise<void> {
    try {
      await this.client.workflow.start(SCHEDULED_CHANGE_WORKFLOW, scheduledChangeStart(input, this.taskQueue));
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw unavailable(error, REMEDY);
    }
  }

  async cancel(environment: string, flagKey: string, id: string): Promise<void> {
    const handle = this.client.workflow.getHandle(scheduledChangeWorkflowId(environment, flagKey, id));
    try {
      await handle.cancel();
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw unavailable(error, REMEDY);
    }
  }
}
