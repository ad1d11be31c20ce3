import { proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { ExperimentActivities } from '../../activities/experiment-activities';
import { LEASING, LOOKING, NOTIFYING, TIDYING } from '../rollout/activity-options';

/** Reads only, and as quick as the check of a rollout; tried without limit, since there is nothing else to do. */
export const preparing = proxyActivities<Pick<ExperimentActivities, 'prepareExperiment'>>({
  startToCloseTimeout: '3 seconds',
  retry: { initialInterval: '200 milliseconds', backoffCoefficient: 2, maximumInterval: '2 seconds' },
});

/** As a rollout's look: one that fails is skipped, and the next one judges its data too. */
export const looking = proxyLocalActivities<Pick<ExperimentActivities, 'lookAtExperiment'>>(LOOKING);

/** Lists may wait for the next save. */
export const saving = proxyLocalActivities<Pick<ExperimentActivities, 'saveExperiment'>>(LEASING);

export const tidying = proxyActivities<Pick<ExperimentActivities, 'cleanUpExperiment'>>(TIDYING);

export const notifying = proxyActivities<Pick<ExperimentActivities, 'tellExperiment'>>(NOTIFYING);
