import type { PreparedRollout } from '../../activities/rollout-activities';
import type { RolloutPlan } from '../../flags/plan/plan';
import { shapePlan } from './shape-plan';
import type { RolloutState } from './state';

/** The most that is believed of a failure that a person has overridden: what the evidence then says decides. */
const MOST_AFTER_OVERRIDE = 0.5;

/**
 * The plan that the rollout follows: as it was written, or as the prediction has shaped it within the plan's limits.
 * O(steps).
 */
export function planInForce(plan: RolloutPlan, { failureProbability }: RolloutState): RolloutPlan {
  return failureProbability === undefined ? plan : shapePlan(plan, failureProbability).plan;
}

/**
 * The state when the flag has been read and the change was predicted: ready for the first step, or refused on account
 * of the prediction.
 */
export function afterPreparing(
  state: RolloutState,
  plan: RolloutPlan,
  prepared: Extract<PreparedRollout, { kind: 'ready' }>,
): RolloutState {
  const { basis, control, blackoutUntilMs, assessment, failureProbability } = prepared;
  const { killed: _, ...unheld } = state;
  const ready: RolloutState = {
    ...unheld,
    basis,
    control,
    blackoutUntilMs,
    ...(prepared.killed === undefined ? {} : { killed: prepared.killed }),
    ...(assessment === undefined ? {} : { assessment }),
    ...(failureProbability === undefined ? {} : { failureProbability }),
  };
  const why = whyNotStarted(plan, failureProbability);
  if (why !== null) {
    return { ...ready, phase: 'refused', waitingFor: null, summary: `${assessment?.text ?? ''} ${why}`.trim() };
  }
  const shaped = shapedInWords(plan, failureProbability);
  return shaped === '' ? ready : { ...ready, shaped };
}

/** Why the rollout does not start on account of its prediction; null when it may. */
function whyNotStarted({ prediction }: RolloutPlan, failureProbability: number | undefined): string | null {
  if (failureProbability === undefined || prediction === undefined || prediction.override !== undefined) return null;
  const confidence = 1 - failureProbability;
  if (confidence >= prediction.minimumConfidence) return null;
  return `confidence ${confidence.toFixed(2)} is below the plan's ${prediction.minimumConfidence}; start it with --override-prediction REASON to roll it out all the same`;
}

/** What the judge takes for the failure probability before any evidence; undefined where no prediction acts. */
export function failurePrior(plan: RolloutPlan, { failureProbability }: RolloutState): number | undefined {
  if (failureProbability === undefined) return undefined;
  return plan.prediction?.override === undefined
    ? failureProbability
    : Math.min(MOST_AFTER_OVERRIDE, failureProbability);
}

/** What the prediction has changed, for the record of the start: '' for nothing. */
function shapedInWords(plan: RolloutPlan, failureProbability: number | undefined): string {
  if (failureProbability === undefined) return '';
  const { changes } = shapePlan(plan, failureProbability);
  const { override } = plan.prediction ?? {};
  const overridden = override === undefined ? [] : [`the prediction is overridden: ${override}`];
  return [...(changes.length === 0 ? [] : [`as predicted, ${changes.join(', ')}`]), ...overridden].join('; ');
}
