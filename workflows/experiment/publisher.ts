import { isCancellation, log, setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import type { ExperimentEvent } from '../../activities/experiment-activities';
import { messageOfCause } from '../rollout/run-failures';
import { notifying, saving } from './activity-options';
import { describeExperiment, experimentAttributesOf } from './describe';
import type { ExperimentInput } from './messages';
import type { ExperimentState } from './state';
import { isExperimentEnd, type ExperimentStatus } from './status';

/** Shows an experiment to people: the Web UI, lists, and receivers of webhooks. None of them holds it up. */
export class ExperimentPublisher {
  private published = '';
  private version: number;
  private toldPause: string | null = null;

  constructor(private readonly input: ExperimentInput) {
    this.version = Date.parse(input.startedAt);
  }

  /** The experiment as the `status` query answers it. */
  status(state: ExperimentState): ExperimentStatus {
    const { experimentId, environment, flagKey, plan, startedAt, startedBy } = this.input;
    const { owner } = plan.base;
    return {
      experimentId,
      environment,
      flag: flagKey,
      control: state.control,
      treatments: plan.treatments,
      armWeight: plan.armWeight,
      phase: state.phase,
      outcome: isExperimentEnd(state.phase) ? state.phase : null,
      waitingFor: state.waitingFor,
      summary: state.summary,
      conclusion: state.conclusion,
      transition: state.transition,
      ranMs: state.ranMs,
      durationMs: plan.durationMs,
      lastLook: state.lastLook,
      nextLookAt: state.nextLookAtMs > 0 ? new Date(state.nextLookAtMs).toISOString() : null,
      timeline: state.timeline,
      startedAt,
      startedBy: startedBy.name,
      ...(owner === undefined ? {} : { owner }),
    };
  }

  /** Publishes what changed, and tells of a pause once. A database that does not answer delays lists, never the experiment. */
  async publish(state: ExperimentState): Promise<void> {
    const status = this.status(state);
    setCurrentDetails(describeExperiment(status));
    this.tellPause(state);
    const { phase, waitingFor, transition, timeline, lastLook } = status;
    // Every look would be a line more in the history; what it comes to changes rarely.
    const shownBy = lastLook === null ? null : { ...lastLook.standing, sample: lastLook.standing.sample > 0 };
    const key = JSON.stringify([phase, waitingFor, transition, timeline.at(-1)?.at, shownBy]);
    if (key === this.published) return;
    this.published = key;
    upsertSearchAttributes(experimentAttributesOf(status));
    // Workflow time in milliseconds grows over continue-as-new, and one save may follow another within a millisecond.
    this.version = Math.max(this.version + 1, Date.now());
    const { experimentId, ...shown } = status;
    const projection = { ...shown, _id: experimentId, identity: this.input.identity, version: this.version };
    await saving.saveExperiment(projection).catch((error: unknown) => {
      if (isCancellation(error)) throw error;
      this.published = '';
    });
  }

  /** Tells how it ended; one that was refused has changed nothing that anybody would hear of. */
  async tellEnd(state: ExperimentState): Promise<void> {
    if (isExperimentEnd(state.phase) && state.phase !== 'refused') await this.tell(state, `experiment_${state.phase}`);
  }

  private tellPause(state: ExperimentState): void {
    const pause = state.phase === 'paused' ? `${state.pause?.cause}: ${state.pause?.text}` : null;
    if (pause !== null && pause !== this.toldPause) void this.tell(state, 'experiment_paused', pause);
    this.toldPause = pause;
  }

  private async tell(state: ExperimentState, event: ExperimentEvent, text: string = state.summary): Promise<void> {
    const { experimentId: experiment, environment, flagKey, plan } = this.input;
    const { owner } = plan.base;
    const id = `${experiment}:${event}:${state.timeline.at(-1)?.at ?? ''}`;
    try {
      await notifying.tellExperiment({
        id,
        event,
        text,
        experiment,
        environment,
        flagKey,
        conclusion: state.conclusion,
        ...(owner === undefined ? {} : { owner }),
      });
    } catch (error) {
      log.warn('a notification was given up', { event, why: messageOfCause(error) });
    }
  }
}
