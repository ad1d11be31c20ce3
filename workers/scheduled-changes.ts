import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import type { TimerState } from '../activities/restore-timers';
import type { LiveRollout } from '../activities/scheduled-change-activities';
import { timerInputOf, type ScheduledChange } from '../store/scheduled-changes-repository';
import { EXPERIMENT_WORKFLOW } from '../workflows/experiment/messages';
import { ROLLOUT_TASK_QUEUE, rolloutWorkflowId } from '../workflows/rollout/messages';
import {
  SCHEDULED_CHANGE_WORKFLOW,
  scheduledChangeStart,
  scheduledChangeWorkflowId,
} from '../workflows/scheduled/messages';

/** The rollout or experiment that runs under a flag's workflow id; null when none does. */
export async function liveRollout(client: Client, environment: string, flagKey: string): Promise<LiveRollout | null> {
  try {
    const { memo, status, type } = await client.workflow.getHandle(rolloutWorkflowId(environment, flagKey)).describe();
    if (status.name !== 'RUNNING') return null;
    const isExperiment = type === EXPERIMENT_WORKFLOW;
    return { rolloutId: String(memo?.['rolloutId']), identity: String(memo?.['identity']), isExperiment };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    throw error;
  }
}

/** Starts the workflow of a scheduled change; one that is there already is left alone. */
export async function startTimer(client: Client, change: ScheduledChange): Promise<void> {
  try {
    await client.workflow.start(
      SCHEDULED_CHANGE_WORKFLOW,
      scheduledChangeStart(timerInputOf(change), ROLLOUT_TASK_QUEUE),
    );
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}

/** Lists the running workflows of scheduled changes, a thousand in one request; answers whether a change's is among them. */
export async function listTimers(
  client: Client,
): Promise<(change: Pick<ScheduledChange, 'environment' | 'flagKey' | '_id'>) => boolean> {
  const running = new Set<string>();
  const query = `WorkflowType = '${SCHEDULED_CHANGE_WORKFLOW}' AND ExecutionStatus = 'Running'`;
  for await (const { workflowId } of client.workflow.list({ query, pageSize: 1000 })) running.add(workflowId);
  return ({ environment, flagKey, _id }) => running.has(scheduledChangeWorkflowId(environment, flagKey, _id));
}

/** How the workflow of a scheduled change stands. */
export async function timerState(
  client: Client,
  { environment, flagKey, _id: id }: Pick<ScheduledChange, 'environment' | 'flagKey' | '_id'>,
): Promise<TimerState> {
  try {
    const handle = client.workflow.getHandle(scheduledChangeWorkflowId(environment, flagKey, id));
    return (await handle.describe()).status.name === 'RUNNING' ? 'running' : 'ended';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'missing';
    throw error;
  }
}
