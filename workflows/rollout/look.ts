import { log } from '@temporalio/workflow';
import type { RolloutRef } from '../../activities/rollout-activities';
import type { RolloutPlan } from '../../flags/plan/plan';
import { leasing, looking } from './activity-options';
import { afterLease, afterLook } from './progress';
import { rethrowUnlessOutage } from './run-failures';
import { failurePrior } from './prediction';
import { bakeMsOf, nextWeight, type RolloutState } from './state';

/** What a look came to. */
export interface Looked {
  readonly state: RolloutState;
  /** Whether it was made; when not, nothing may be raised on its account. */
  readonly isFresh: boolean;
}

/** Renews the lease. A database that does not answer is asked again after the shortest look interval. */
export async function renewLease(ref: RolloutRef, plan: RolloutPlan, state: RolloutState): Promise<RolloutState> {
  try {
    return afterLease(state, await leasing.renewLease(ref));
  } catch (error) {
    rethrowUnlessOutage(error);
    log.warn('the lease could not be renewed', { rolloutId: ref.rolloutId });
    return { ...state, nextLookAtMs: Date.now() + plan.look.shortestMs };
  }
}

/** Looks once. A look that cannot be made is skipped; the next one judges its data too. */
export async function look(ref: RolloutRef, plan: RolloutPlan, state: RolloutState): Promise<Looked> {
  const prior = failurePrior(plan, state);
  try {
    const result = await looking.look({
      ...ref,
      plan,
      control: state.control,
      step: state.step,
      weight: state.weight,
      nextWeight: nextWeight(plan, state.weight),
      transition: state.transition,
      weights: state.weights,
      stepStartedAtMs: state.stepStartedAtMs,
      raisedAtMs: state.raisedAtMs,
      bakeMs: bakeMsOf(plan, state.step),
      bakedMs: state.bakedMs,
      safetyEpoch: state.safetyEpoch,
      harmEpoch: state.harmEpoch,
      basis: state.basis,
      excludedSegments: state.excludedSegments,
      ...(state.killed === undefined ? {} : { wasKilled: true }),
      ...(state.judgeFromMs === undefined ? {} : { judgeFromMs: state.judgeFromMs }),
      ...(prior === undefined ? {} : { failurePrior: prior }),
    });
    return { state: afterLook(state, plan, result, Date.now()), isFresh: true };
  } catch (error) {
    rethrowUnlessOutage(error);
    log.warn('a look failed and is skipped', { rolloutId: ref.rolloutId });
    const skipped: RolloutState = {
      ...state,
      waitingFor: 'data',
      summary: 'the last look could not be made; nothing is raised until one is',
      nextLookAtMs: Date.now() + plan.look.shortestMs,
    };
    return { state: skipped, isFresh: false };
  }
}
