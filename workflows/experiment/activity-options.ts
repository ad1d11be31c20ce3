import { proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { ExperimentActivities } from '../../activities/experiment-activities';

/** Reads only, and as quick as the check of a rollout; tried without limit, since there is nothing else to do. */
export const preparing = proxyActivities<Pick<ExperimentActivities, 'prepareExperiment'>>({
  startToCloseTimeout: '3 seconds',
  retry: { initialInterval: '200 milliseconds', backoffCoefficient: 2, maximumInterval: '2 seconds' },
});

/** As a rollout's look: one that fails is skipped, and the next one judges its data too. */
export const looking = proxyLocalActivities<Pick<ExperimentActivities, 'lookAtExperiment'>>({
  startToCloseTimeout: '5 seconds',
  retry: { initialInterval: '200 milliseconds', maximumAttempts: 2 },
});

/** Lists may wait for the next save. */
export const saving = proxyLocalActivities<Pick<ExperimentActivities, 'saveExperiment'>>({
  startToCloseTimeout: '2 seconds',
  retry: { initialInterval: '100 milliseconds', maximumAttempts: 3 },
});

/** Worth an hour of attempts, never worth holding the end back for longer. */
export const tidying = proxyActivities<Pick<ExperimentActivities, 'cleanUpExperiment'>>({
  startToCloseTimeout: '60 seconds',
  scheduleToCloseTimeout: '1 hour',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
});

/** Tried for ten minutes and then given up: an experiment waits for no receiver. */
export const notifying = proxyActivities<Pick<ExperimentActivities, 'tellExperiment'>>({
  startToCloseTimeout: '10 seconds',
  scheduleToCloseTimeout: '10 minutes',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
});
