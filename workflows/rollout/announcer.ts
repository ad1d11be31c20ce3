import { log } from '@temporalio/workflow';
import type { NotificationRequest, RolloutRef } from '../../activities/rollout-activities';
import { notifying } from './activity-options';
import { messageOfCause } from './run-failures';
import type { PlannedTransition, RolloutState } from './state';

/** Tells people, beside the main path: no receiver holds a rollout up. Each pause and each approval is told once. */
export class Announcer {
  private toldPause: string | null = null;

  constructor(
    private readonly ref: RolloutRef,
    private readonly owner: string | undefined,
  ) {}

  /** Tells of what a write did that people want to hear of before the end. */
  tellWrite(state: RolloutState, planned: PlannedTransition): void {
    if (planned.action === 'rollout.narrow') void this.tell(state, 'narrowed', planned.reason);
    // An operator who excludes a segment knows it.
    if (planned.action === 'rollout.exclude' && planned.intent === null)
      void this.tell(state, 'excluded', planned.reason);
    if (planned.action === 'rollout.lapsed') void this.tell(state, 'lapsed', planned.reason);
  }

  /** Tells of a pause or an approval that is now waited for; answers the state that remembers having asked. */
  tellWaiting(state: RolloutState): RolloutState {
    const pause = state.phase === 'paused' ? `${state.pause?.cause}: ${state.pause?.text}` : null;
    if (pause !== null && pause !== this.toldPause) void this.tell(state, 'paused', pause);
    this.toldPause = pause;
    const asked = Math.max(state.step + 1, 0);
    if (state.waitingFor !== 'approval' || state.approvalAskedFor === asked) return state;
    const remembered = { ...state, approvalAskedFor: asked };
    void this.tell(remembered, 'approval_needed', state.summary);
    return remembered;
  }

  /** Sends one notification; one that cannot be sent is given up in the end. */
  async tell(state: RolloutState, event: NotificationRequest['event'], text: string): Promise<void> {
    const { transition, weight, lastNumber } = state;
    const { owner } = this;
    const id = `${this.ref.rolloutId}:${event}:${lastNumber}`;
    try {
      await notifying.notify({
        ...this.ref,
        id,
        event,
        text,
        weight,
        transition,
        ...(owner === undefined ? {} : { owner }),
      });
    } catch (error) {
      log.warn('a notification was given up', { event, why: messageOfCause(error) });
    }
  }
}
