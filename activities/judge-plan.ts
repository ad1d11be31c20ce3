import type { JudgePlan } from '../analysis/types';
import type { RolloutPlan } from '../flags/plan/plan';

/** What of a plan the judge needs. Plans from before a choice existed leave it out, and the judge takes its default. */
export function judgePlanOf(plan: RolloutPlan): JudgePlan {
  const { onSegmentHarm, falseExclusionRate, preset, risk } = plan;
  const forecast = plan.prediction?.forecast;
  return {
    metrics: plan.metrics,
    ...(plan.profile === undefined ? {} : { profile: plan.profile }),
    ...(plan.warmUpMs === undefined ? {} : { warmUpMs: plan.warmUpMs }),
    falseRollbackRate: plan.falseRollbackRate,
    falsePromotionRate: plan.falsePromotionRate,
    minimumSample: plan.minimumSample,
    onNoData: plan.onNoData,
    noDataDeadlineMs: plan.noDataDeadlineMs,
    segments: plan.segments,
    ...(onSegmentHarm === undefined ? {} : { onSegmentHarm }),
    ...(falseExclusionRate === undefined ? {} : { falseExclusionRate }),
    ...(preset === undefined ? {} : { preset }),
    ...(risk === undefined ? {} : { risk }),
    ...(forecast === undefined ? {} : { failureForecast: forecast }),
    ...(plan.watch === undefined ? {} : { watchFrom: 100 - plan.controlHoldback }),
    ...(plan.pace === 'adaptive'
      ? { adaptive: { completionWeight: 100 - plan.controlHoldback, look: plan.look } }
      : {}),
  };
}
