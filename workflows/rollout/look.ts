import { log } from '@temporalio/workflow';
import type { LookRequest, RolloutRef } from '../../activities/rollout-activities';
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

/**
 * Renews the lease and looks, in one step. What cannot be renewed or looked at is skipped: the next look judges its
 * data too, and counts the time that was served under the lease.
 */
export async function lookUnderLease(ref: RolloutRef, plan: RolloutPlan, state: RolloutState): Promise<Looked> {
  try {
    const { leasedAtMs } = state;
    const { lease, look: result } = await looking.lookUnderLease({ ...requestOf(ref, plan, state), leasedAtMs });
    const leased = afterLease(state, lease);
    if (leased.lapsedAtMs !== null) return { state: leased, isFresh: false };
    if (result === null) return { state: skipped(ref, plan, leased), isFresh: false };
    return { state: afterLook(leased, plan, result, Date.now()), isFresh: true };
  } catch (error) {
    rethrowUnlessOutage(error);
    return { state: skipped(ref, plan, state), isFresh: false };
  }
}

/** Looks once. A look that cannot be made is skipped; the next one judges its data too. */
export async function look(ref: RolloutRef, plan: RolloutPlan, state: RolloutState): Promise<Looked> {
  try {
    const result = await looking.look(requestOf(ref, plan, state));
    return { state: afterLook(state, plan, result, Date.now()), isFresh: true };
  } catch (error) {
    rethrowUnlessOutage(error);
    return { state: skipped(ref, plan, state), isFresh: false };
  }
}

function requestOf(ref: RolloutRef, plan: RolloutPlan, state: RolloutState): LookRequest {
  const prior = failurePrior(plan, state);
  return {
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
  };
}

/** The state after a look that could not be made: it is made again after the shortest interval. */
function skipped({ rolloutId }: RolloutRef, plan: RolloutPlan, state: RolloutState): RolloutState {
  log.warn('a look failed and is skipped', { rolloutId });
  return {
    ...state,
    waitingFor: 'data',
    summary: 'the last look could not be made; nothing is raised until one is',
    nextLookAtMs: Date.now() + plan.look.shortestMs,
  };
}
