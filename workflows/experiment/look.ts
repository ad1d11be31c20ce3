import { log } from '@temporalio/workflow';
import type { RolloutRef } from '../../activities/rollout-activities';
import type { ExperimentPlan } from '../../flags/experiment/experiment-plan';
import { leasing } from '../rollout/activity-options';
import { messageOfCause, rethrowUnlessOutage } from '../rollout/run-failures';
import { looking } from './activity-options';
import { afterLease, afterLook } from './progress';
import type { ExperimentState } from './state';

/** What a look came to. */
export interface Looked {
  readonly state: ExperimentState;
  /** Whether something was judged; when not, nothing may end on its account. */
  readonly isFresh: boolean;
}

/** Renews the lease and looks. What cannot be done is skipped; the next look judges its data too. */
export async function lookOnce(ref: RolloutRef, plan: ExperimentPlan, before: ExperimentState): Promise<Looked> {
  let state = before;
  try {
    state = afterLease(state, await leasing.renewLease(ref));
    if (state.lapsedAtMs !== null) return { state, isFresh: false };
    const { control, basis, transition, comparedFromMs, epoch, judgeFromMs, killed } = state;
    const looked = await looking.lookAtExperiment({
      ...ref,
      plan,
      control,
      basis,
      transition,
      comparedFromMs,
      epoch,
      ...(judgeFromMs === undefined ? {} : { judgeFromMs }),
      ...(killed === undefined ? {} : { wasKilled: true }),
    });
    return { state: afterLook(state, plan, looked, Date.now()), isFresh: looked.look !== null };
  } catch (error) {
    rethrowUnlessOutage(error);
    log.warn('a look failed and is skipped', { experimentId: ref.rolloutId, why: messageOfCause(error) });
    return { state: { ...state, nextLookAtMs: Date.now() + plan.base.look.shortestMs }, isFresh: false };
  }
}
