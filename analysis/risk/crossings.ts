import type { Metric } from '../../flags/plan/metric';
import { predictCrossing } from '../../ml/forecast/predict-crossing';
import type { CrossingFinding, StepContext } from '../types';
import type { OutlookState } from './outlook';

/**
 * Metrics whose forecast crosses their factor, at the weight served or at the next one, and did so three windows ago
 * already. Metrics without a factor are not forecast. O(windows remembered × metrics).
 */
export function findCrossings(
  { courses }: OutlookState,
  metrics: readonly Metric[],
  { weight, bakeMs, bakedMs }: StepContext,
  nextWeight: number,
): CrossingFinding[] {
  return metrics.flatMap((metric) => {
    const points = courses[metric.name]?.points ?? [];
    // What was measured at another weight since served says nothing of the present one.
    if (metric.factor === undefined || points.at(-1)?.[1] !== weight) return [];
    const answer = predictCrossing({
      points: points.map(([atMs, at, value, reference, units]) => ({ atMs, weight: at, value, reference, units })),
      nextWeight,
      direction: metric.direction,
      factor: metric.factor,
      horizonMs: Math.max(60_000, bakeMs - bakedMs),
    });
    if (answer.crosses === 'none' || !answer.persisted) return [];
    const forecast = answer.crosses === 'current' ? answer.atCurrent : answer.atNext;
    if (forecast === null) return [];
    const at = answer.crosses === 'current' ? weight : nextWeight;
    return [{ metric: metric.name, factor: metric.factor, weight: at, measured: answer.measured, ...forecast }];
  });
}
