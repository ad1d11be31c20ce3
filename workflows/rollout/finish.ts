import { allHandlersFinished, condition, isCancellation, log } from '@temporalio/workflow';
import type { Announcer } from './announcer';
import type { Attributor } from './attributor';
import { refOf } from './apply';
import { tidying, writing } from './activity-options';
import type { Inbox } from './inbox';
import type { MessageResult, RolloutInput } from './messages';
import type { Publisher } from './publisher';
import { messageOfCause } from './run-failures';
import { withEntry, type PlannedTransition, type RolloutState } from './state';
import { isTerminal, type RolloutOutcome } from './status';

/** What a rollout workflow returns. */
export interface RolloutEnd {
  readonly outcome: RolloutOutcome;
  readonly summary: string;
}

/** Who is told of an end. */
export interface EndAudience {
  readonly inbox: Inbox;
  readonly publisher: Publisher;
  readonly announcer: Announcer;
  readonly attributor: Attributor;
}

/** Why a rollout is lowered that nobody ended: it was cancelled, or something broke. */
export function whyLowered(error: unknown): string {
  return isCancellation(error) ? 'the workflow was cancelled' : `the rollout failed: ${messageOfCause(error)}`;
}

/** The write that takes everybody off the candidate of a broken rollout; null when nobody can be on it. */
export function rescueOf(state: RolloutState, why: string): PlannedTransition | null {
  if (state.step < 0 && state.lastNumber === 0) return null;
  return {
    action: 'rollout.abort',
    weight: 0,
    step: state.step,
    reason: why.slice(0, 500),
    actor: null,
    evidence: [],
    excludedSegments: state.excludedSegments,
    outcome: 'aborted',
    lowering: true,
    intent: null,
  };
}

/** The state of a rollout that was lowered because it broke. */
export function afterRescue(state: RolloutState, why: string): RolloutState {
  const phase = isTerminal(state.phase) ? state.phase : 'aborted';
  return { ...state, phase, waitingFor: null, summary: why };
}

/** Proves the end on the flag itself, answers who still waits, tidies, and tells people. */
export async function finish(
  input: RolloutInput,
  state: RolloutState,
  { inbox, publisher, announcer, attributor }: EndAudience,
): Promise<{ readonly state: RolloutState; readonly end: RolloutEnd }> {
  const outcome = state.phase as RolloutOutcome;
  const ref = refOf(input);
  const { candidate } = input.plan;
  let ended = state;
  if (outcome !== 'refused') {
    const proof = await writing.verifyEnd({ ...ref, outcome, candidate });
    ended = withEntry(ended, { at: new Date(Date.now()).toISOString(), what: 'verified', text: proof });
  }
  inbox.close(resultOf(ended, false, `the rollout has ended: ${outcome}`));
  await publisher.publish(ended);
  const told = announcer.tell(ended, outcome, ended.summary);
  // Causes are read from what tidying takes away.
  await attributor.settle();
  await tidying
    .cleanUpRollout({ ...ref, control: ended.control, candidate })
    .catch((error: unknown) => log.warn('tidying was given up', { why: messageOfCause(error) }));
  await told;
  await condition(allHandlersFinished);
  return { state: ended, end: { outcome, summary: ended.summary } };
}

/** How a message is answered. */
export function resultOf(state: RolloutState, accepted: boolean, text: string): MessageResult {
  return { accepted, text, state: state.phase, weight: state.weight };
}
