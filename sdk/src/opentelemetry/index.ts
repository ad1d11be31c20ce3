export { EvaluationEventHook } from './evaluation-event-hook';
export type { EvaluationEventHookOptions, EventLogger } from './evaluation-event-hook';
export { EvaluationMetricsHook } from './evaluation-metrics-hook';
export type { EvaluationMetricsHookOptions } from './evaluation-metrics-hook';
