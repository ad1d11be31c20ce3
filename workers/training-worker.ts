import { Worker, type NativeConnection } from '@temporalio/worker';
import { createTrainingActivities, type TrainingDependencies } from '../activities/training-activities';
import { TRAINING_TASK_QUEUE } from '../workflows/training/messages';

/** What a training worker is made of. */
export interface TrainingWorkerOptions {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly taskQueue?: string;
  readonly workflowBundle: { readonly code: string };
  readonly dependencies: TrainingDependencies;
}

/**
 * The worker that learns from past rollouts, on a queue of its own: training takes a core for seconds, and no look may
 * wait for it.
 */
export async function createTrainingWorker(options: TrainingWorkerOptions): Promise<Worker> {
  const { connection, namespace, taskQueue = TRAINING_TASK_QUEUE, workflowBundle, dependencies } = options;
  return Worker.create({
    connection,
    namespace,
    taskQueue,
    workflowBundle,
    activities: createTrainingActivities(dependencies),
    maxConcurrentActivityTaskExecutions: 1,
    maxCachedWorkflows: 10,
    shutdownGraceTime: '5 seconds',
    workflowFailureErrorTypes: { '*': ['TypeError', 'RangeError', 'ReferenceError'] },
  });
}
