import { ScheduleAlreadyRunning, ScheduleOverlapPolicy, type Client } from '@temporalio/client';
import { ROLLOUT_TASK_QUEUE } from '../workflows/rollout/messages';

/** Id of the schedule in Temporal. */
export const RECONCILER_SCHEDULE = 'headgate-reconciler';

/** Makes sure that the reconciler runs by a schedule; a second worker finds it there and leaves it. */
export async function ensureReconcilerSchedule(client: Client, everySeconds: number): Promise<void> {
  try {
    await client.schedule.create({
      scheduleId: RECONCILER_SCHEDULE,
      spec: { intervals: [{ every: everySeconds * 1000 }] },
      policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1 minute' },
      action: {
        type: 'startWorkflow',
        workflowType: 'reconcilerWorkflow',
        taskQueue: ROLLOUT_TASK_QUEUE,
        workflowExecutionTimeout: '5 minutes',
      },
    });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    await client.schedule.getHandle(RECONCILER_SCHEDULE).update((standing) => ({
      ...standing,
      spec: { intervals: [{ every: everySeconds * 1000, offset: 0 }] },
    }));
  }
}
