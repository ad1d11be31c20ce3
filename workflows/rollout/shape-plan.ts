import type { RolloutPlan } from '../../flags/plan/plan';

/** A plan as a prediction has shaped it, and in words what it changed. */
export interface ShapedPlan {
  readonly plan: RolloutPlan;
  readonly changes: readonly string[];
}

/**
 * Makes a plan as careful as a failure probability asks for, within the plan's own limits: nothing up to its base rate,
 * everything that the limits allow from
 * `approveAbove` on, and in proportion between. Weights never rise, bakes and samples never shrink, and approvals are
 * only added.
 *
 * @param probability - that the change fails, 0 to 1
 */
export function shapePlan(plan: RolloutPlan, probability: number): ShapedPlan {
  const { prediction } = plan;
  const [first, ...others] = plan.steps;
  if (prediction === undefined || first === undefined) return { plan, changes: [] };
  const { baseRate, approveAbove, limits } = prediction;
  const care = careOf(probability, baseRate, approveAbove);
  const isAsked = probability > approveAbove && !first.approval;
  const smallest = Math.min(first.weight, limits.firstWeight);
  // In proportion of logs: half of the way from 10 % to 1 % is 3.2 %.
  const weight = care === 0 ? first.weight : toThousandths(first.weight * (smallest / first.weight) ** care);
  const bakeTimes = 1 + (limits.bakeFactor - 1) * care;
  const minimumSample = Math.min(10_000_000, Math.ceil(plan.minimumSample * (1 + (limits.sampleFactor - 1) * care)));
  const bySteps = plan.pace === 'adaptive' && limits.pace && care === 1;
  const steps = [{ ...first, weight, approval: first.approval || isAsked }, ...others].map((step) => ({
    ...step,
    bakeMs: Math.round(step.bakeMs * bakeTimes),
  }));
  const changes = [
    ...(weight < first.weight ? [`first weight ${weight} % instead of ${first.weight} %`] : []),
    ...(bakeTimes > 1 ? [`bakes ${bakeTimes.toFixed(1)} times as long`] : []),
    ...(minimumSample > plan.minimumSample ? [`minimum sample ${minimumSample}`] : []),
    ...(bySteps ? ['by steps instead of the adaptive pace'] : []),
    ...(isAsked ? ['a person approves the first step'] : []),
  ];
  return { plan: { ...plan, steps, minimumSample, ...(bySteps ? { pace: 'steps' as const } : {}) }, changes };
}

/** 0 up to the base rate, 1 from the threshold on. */
function careOf(probability: number, baseRate: number, approveAbove: number): number {
  if (probability <= baseRate) return 0;
  return probability >= approveAbove ? 1 : (probability - baseRate) / (approveAbove - baseRate);
}

/** Weights count in thousandths of a percent. */
function toThousandths(weight: number): number {
  return Math.max(0.001, Math.round(weight * 1000) / 1000);
}
