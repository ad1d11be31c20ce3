import { createAttributionActivity, type AttributionDependencies } from './attribution-activity';
import { withSortedFailures } from './failures';
import {
  createExperimentActivities,
  type ExperimentActivities,
  type ExperimentDependencies,
} from './experiment-activities';
import { createGatherActivity, type GatherDependencies } from './gather-features';
import { createGroupActivities, type GroupActivities, type GroupDependencies } from './group-activities';
import { createLookActivities, type LookDependencies } from './look-activity';
import { createNotificationActivity, type NotificationDependencies } from './notification-activity';
import type { RolloutActivities } from './rollout-activities';
import { createSupportActivities, type SupportDependencies } from './rollout-support-activities';
import { createTransitionActivities, type TransitionDependencies } from './transition-activities';

/** Everything the activities of a rollout reach. */
export type RolloutActivityDependencies = TransitionDependencies &
  LookDependencies &
  SupportDependencies &
  NotificationDependencies &
  AttributionDependencies &
  GatherDependencies &
  GroupDependencies &
  ExperimentDependencies;

/** The activities of rollouts, of groups of them and of experiments, with failures sorted into retryable and not. */
export function createRolloutActivities(
  dependencies: RolloutActivityDependencies,
): RolloutActivities & GroupActivities & ExperimentActivities {
  return withSortedFailures({
    ...createTransitionActivities(dependencies),
    ...createLookActivities(dependencies),
    ...createSupportActivities(dependencies),
    ...createNotificationActivity(dependencies),
    ...createAttributionActivity(dependencies),
    ...createGatherActivity(dependencies),
    ...createGroupActivities(dependencies),
    ...createExperimentActivities(dependencies),
  });
}

export { createScheduledChangeActivities, type ScheduledChangeDependencies } from './scheduled-change-activities';
export { createReconcilerActivities, type ReconcilerDependencies } from './reconciler-activities';
