import { log } from '@temporalio/workflow';
import type { NotificationRequest, RolloutRef } from '../../activities/rollout-activities';
import type { RolloutPlan } from '../../flags/plan/plan';
import { notifying } from './activity-options';
import { messageOfCause } from './run-failures';
import type { PlannedTransition, RolloutState } from './state';

/** Reasons of a narrowing that something outside the rollout might remedy. */
const RISKS: readonly string[] = ['RISK_HIGH', 'RISK_CRITICAL', 'FORECAST_CROSSES', 'FAILURE_FORECAST'];

/** Tells people, beside the main path: no receiver holds a rollout up. Each pause and each approval is told once. */
export class Announcer {
  private toldPause: string | null = null;
  /** Transition under which a critical risk was told; once under each. */
  private toldRisk: number | null = null;
  private toldWatch: number | null = null;
  private toldForecast: number | null = null;

  constructor(
    private readonly ref: RolloutRef,
    private readonly plan: Pick<RolloutPlan, 'owner' | 'risk'>,
  ) {}

  /** Tells of what a write did that people want to hear of before the end. */
  tellWrite(state: RolloutState, planned: PlannedTransition): void {
    if (planned.action === 'rollout.narrow') void this.tell(state, 'narrowed', planned.reason);
    const isForRisk = planned.evidence[0] !== undefined && RISKS.includes(planned.evidence[0].code);
    if (planned.action === 'rollout.narrow' && isForRisk && this.plan.risk?.remediate === true) {
      void this.tell(state, 'remediate', planned.reason);
    }
    // An operator who excludes a segment knows it.
    if (planned.action === 'rollout.exclude' && planned.intent === null)
      void this.tell(state, 'excluded', planned.reason);
    if (planned.action === 'rollout.lapsed') void this.tell(state, 'lapsed', planned.reason);
  }

  /**
   * Tells of a risk score past its second threshold, of a failure that is forecast, and of an alarm while everybody is
   * watched; each once under a transition.
   */
  tellLook(state: RolloutState): void {
    const watch = state.lastLook?.watch;
    if (watch?.alarm === true && this.toldWatch !== state.transition) {
      this.toldWatch = state.transition;
      void this.tell(state, 'watch_alarm', `${watch.metric} has stopped to be as before since everybody is served`);
    }
    const forecast = state.lastLook?.failureForecast;
    if (forecast?.isAlert === true && this.toldForecast !== state.transition) {
      this.toldForecast = state.transition;
      const { looks, probability, lower, upper } = forecast;
      const text = `failure is forecast with ${inPercent(probability)} (${inPercent(lower)} to ${inPercent(upper)}) in ${looks} looks`;
      void this.tell(state, 'failure_forecast', text);
    }
    const risk = state.lastLook?.risk;
    if (risk === undefined || risk.score < risk.rollbackAt || this.toldRisk === state.transition) return;
    this.toldRisk = state.transition;
    void this.tell(state, 'risk_alert', `risk ${risk.score} of 100 on ${risk.metric ?? 'no metric'}`);
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
    const { owner } = this.plan;
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

function inPercent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
