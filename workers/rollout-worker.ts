import { Worker, type NativeConnection, type WorkerOptions } from '@temporalio/worker';
import { createReconcilerActivities, createRolloutActivities, createScheduledChangeActivities } from '../activities';
import { ROLLOUT_TASK_QUEUE } from '../workflows/rollout/messages';
import type { createDependencies } from './dependencies';
import { countActivities } from './metrics/count-activities';
import type { WorkerMetrics } from './metrics/worker-metrics';

/** What a rollout worker is made of. */
export interface RolloutWorkerOptions {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly taskQueue?: string;
  readonly workflowBundle: { readonly code: string };
  readonly dependencies: ReturnType<typeof createDependencies>;
  readonly maxCachedWorkflows: number;
  /** When omitted, nothing is counted. */
  readonly metrics?: WorkerMetrics;
}

/**
 * The worker that hosts rollouts and their activities. Its times keep the promise that work goes on within five
 * seconds: a sticky queue whose worker died is given up after two seconds (ten by default). After one, a worker that is
 * merely busy lost its looks to the end of the queue that all share, behind every rollout that was just started.
 */
export async function createRolloutWorker(options: RolloutWorkerOptions): Promise<Worker> {
  const { connection, namespace, taskQueue = ROLLOUT_TASK_QUEUE, workflowBundle, dependencies, metrics } = options;
  const activities = {
    ...createRolloutActivities(dependencies),
    ...createReconcilerActivities(dependencies),
    ...createScheduledChangeActivities(dependencies),
  };
  const settings: WorkerOptions = {
    connection,
    namespace,
    taskQueue,
    workflowBundle,
    activities: metrics === undefined ? activities : countActivities(activities, metrics),
    stickyQueueScheduleToStartTimeout: '2 seconds',
    maxCachedWorkflows: options.maxCachedWorkflows,
    // A task holds its slot while its lease and look wait for the database. More at a time only make the database
    // answer each of them later, until tasks pass their time-out, lose what their looks have done and are run again:
    // beyond a point, more load then never ends. What waits, waits in Temporal.
    maxConcurrentWorkflowTaskExecutions: 20,
    maxConcurrentActivityTaskExecutions: 100,
    maxConcurrentLocalActivityExecutions: 100,
    shutdownGraceTime: '5 seconds',
    // A bug in workflow code fails the workflow, visibly, instead of retrying its task for ever.
    workflowFailureErrorTypes: { '*': ['TypeError', 'RangeError', 'ReferenceError'] },
  };
  return Worker.create(settings);
}
