import { ScheduleAlreadyRunning, ScheduleOverlapPolicy, type Client } from '@temporalio/client';
import { TRAINING_TASK_QUEUE, TRAINING_WORKFLOW_ID, type TrainingInput } from '../workflows/training/messages';

/** Id of the schedule in Temporal. */
export const TRAINING_SCHEDULE = 'headgate-training';

const HOUR_MS = 3_600_000;
/** A training that takes longer has lost its worker for good. */
const LONGEST = '3 hours';

/** Makes sure that models are trained by a schedule; a second worker finds it there and leaves it. */
export async function ensureTrainingSchedule(client: Client, everyHours: number): Promise<void> {
  const input: TrainingInput = { startedBy: 'schedule', seed: 1, promotes: true };
  const spec = { intervals: [{ every: everyHours * HOUR_MS }] };
  try {
    await client.schedule.create({
      scheduleId: TRAINING_SCHEDULE,
      spec,
      policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1 hour' },
      action: {
        type: 'startWorkflow',
        workflowType: 'trainingWorkflow',
        workflowId: TRAINING_WORKFLOW_ID,
        taskQueue: TRAINING_TASK_QUEUE,
        args: [input],
        workflowExecutionTimeout: LONGEST,
      },
    });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    await client.schedule.getHandle(TRAINING_SCHEDULE).update((standing) => ({ ...standing, spec }));
  }
}
