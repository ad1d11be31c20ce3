import { log, patched } from '@temporalio/workflow';
import type { AttributionRequest } from '../../activities/rollout-activities';
import { attributing } from './activity-options';
import { refOf } from './apply';
import type { RolloutInput } from './messages';
import { messageOfCause } from './run-failures';
import { bakeMsOf, type PlannedTransition, type RolloutState } from './state';
import { planInForce } from './prediction';

/** Has the causes of each lowering by the judge looked for, after its write: no search for causes ever holds a lowering up. */
export class Attributor {
  private readonly underWay = new Set<Promise<void>>();

  constructor(private readonly input: RolloutInput) {}

  /**
   * Begins the search for a write that stands.
   *
   * @param before - the state the write was decided in
   */
  ask(before: RolloutState, planned: PlannedTransition, transition: number): void {
    const { action } = planned;
    const look = before.lastLook;
    if (action !== 'rollout.narrow' && action !== 'rollout.roll_back' && action !== 'rollout.exclude') return;
    // Rollouts that began before causes were looked for have no such activity in their history.
    if (planned.intent !== null || look === null || !patched('attribute-lowerings')) return;
    const plan = planInForce(this.input.plan, before);
    const request: AttributionRequest = {
      ...refOf(this.input),
      plan,
      control: before.control,
      transition,
      action,
      weights: before.weights,
      raisedAtMs: before.raisedAtMs,
      bakeMs: bakeMsOf(plan, before.step),
      look,
    };
    const search: Promise<void> = attributing
      .attribute(request)
      .catch((error: unknown) => log.warn('causes were not found', { transition, why: messageOfCause(error) }))
      .finally(() => this.underWay.delete(search));
    this.underWay.add(search);
  }

  /** Whether no search is under way. */
  get isIdle(): boolean {
    return this.underWay.size === 0;
  }

  /** Waits for what is under way: before a run ends, or the server would drop it. */
  async settle(): Promise<void> {
    await Promise.all(this.underWay);
  }
}
