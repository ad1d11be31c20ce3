import { isCancellation, patched } from '@temporalio/workflow';
import type { RolloutRef } from '../../activities/rollout-activities';
import type { RolloutPlan } from '../../flags/plan/plan';
import { gathering, gatheringHere } from './activity-options';
import { messageOfCause } from './run-failures';
import type { RolloutState } from './state';

/**
 * The state with what is known of the change before its start: gathered once, and not for a plan that asks no model.
 * What cannot be gathered in time is missing, says so, and holds nothing up.
 *
 * @param isHere - whether it is gathered within the task under way; rollouts of earlier releases gather by an activity
 *   of its own, or not at all
 */
export async function withFeatures(
  ref: RolloutRef,
  plan: RolloutPlan,
  state: RolloutState,
  isHere: boolean,
): Promise<RolloutState> {
  if (state.features !== undefined || plan.prediction?.mode === 'off') return state;
  if (!isHere && !patched('gather-features')) return state;
  try {
    const { gatherFeatures } = isHere ? gatheringHere : gathering;
    return { ...state, features: await gatherFeatures({ ...ref, plan }) };
  } catch (error) {
    if (isCancellation(error)) throw error;
    const text = `missing: nothing could be gathered (${messageOfCause(error)})`;
    return { ...state, features: [{ code: 'FEATURES_MISSING', text: text.slice(0, 500) }] };
  }
}
