import { setCurrentDetails, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import { leasing } from './activity-options';
import type { RolloutInput } from './messages';
import { searchAttributesOf } from './search-attributes';
import { planInForce } from './prediction';
import type { RolloutState } from './state';
import { owedBakeMs } from './target';
import { isTerminal, type RolloutStatus } from './status';
import { describeMarkdown } from './describe';

/**
 * Shows the rollout to people: search attributes and details for the Web UI, the projection for lists. Writes on change
 * only.
 */
export class Publisher {
  private published = '';
  private version: number;

  constructor(private readonly input: RolloutInput) {
    this.version = Date.parse(input.startedAt);
  }

  /** The rollout as the `status` query answers it. */
  status(state: RolloutState): RolloutStatus {
    const { input } = this;
    const plan = planInForce(input.plan, state);
    return {
      rolloutId: input.rolloutId,
      environment: input.environment,
      flag: input.flagKey,
      candidate: input.plan.candidate,
      phase: state.phase,
      waitingFor: state.waitingFor,
      summary: state.summary,
      step: state.step,
      steps: plan.steps.map(({ weight, bakeMs }) => ({ weight, bakeMs })),
      weight: state.weight,
      transition: state.transition,
      bakedMs: state.bakedMs,
      bakeMs: owedBakeMs(state, plan),
      ...(state.assessment === undefined ? {} : { prediction: state.assessment }),
      ...(state.features === undefined ? {} : { features: state.features }),
      startedAt: input.startedAt,
      startedBy: input.startedBy.name,
      excludedSegments: state.excludedSegments,
      lastLook: state.lastLook,
      nextLookAt: state.nextLookAtMs > 0 ? new Date(state.nextLookAtMs).toISOString() : null,
    };
  }

  /** Publishes what changed. A database that does not answer delays lists, never the rollout. */
  async publish(state: RolloutState): Promise<void> {
    const status = this.status(state);
    setCurrentDetails(describeMarkdown(status, state.timeline));
    const { phase, waitingFor, weight, step, transition, excludedSegments } = status;
    const verdict = state.lastLook?.verdict ?? null;
    const key = JSON.stringify([phase, waitingFor, weight, step, transition, verdict, excludedSegments]);
    if (key === this.published) return;
    this.published = key;
    upsertSearchAttributes(searchAttributesOf(status));
    // Workflow time in milliseconds grows over continue-as-new, and one save may follow another within a millisecond.
    this.version = Math.max(this.version + 1, Date.now());
    const { workflowId, runId } = workflowInfo();
    try {
      await leasing.saveProjection({
        rolloutId: status.rolloutId,
        environment: status.environment,
        flagKey: status.flag,
        identity: this.input.identity,
        workflowId,
        runId,
        plan: planInForce(this.input.plan, state),
        startedBy: status.startedBy,
        startedAt: status.startedAt,
        phase,
        waitingFor,
        summary: status.summary,
        step,
        weight,
        transition,
        verdict,
        outcome: isTerminal(phase) ? phase : null,
        excludedSegments,
        lastLook: state.lastLook,
        bakedMs: status.bakedMs,
        bakeMs: status.bakeMs,
        version: this.version,
      });
    } catch {
      this.published = '';
    }
  }
}
