export { experimentWorkflow } from './experiment/experiment-workflow';
export { groupWorkflow } from './group/group-workflow';
export { reconcilerWorkflow } from './reconciler/reconciler-workflow';
export { rolloutWorkflow } from './rollout/rollout-workflow';
export { scheduledChangeWorkflow } from './scheduled/scheduled-change-workflow';
export { trainingWorkflow } from './training/training-workflow';
