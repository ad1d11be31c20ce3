import type { TrainingInput, TrainingReport } from '../../workflows/training/messages';

/** A training that was asked for. */
export interface StartedTraining {
  readonly workflowId: string;
  /** Which of the trainings under that id it is. */
  readonly runId: string;
  /** `attached`: one was under way, with what it was started with. */
  readonly outcome: 'started' | 'attached';
}

/** Where a training stands. */
export type TrainingState =
  | { readonly phase: 'running' }
  | { readonly phase: 'finished'; readonly report: TrainingReport }
  | { readonly phase: 'failed'; readonly why: string };

/** Starts trainings in Temporal, and reads what came of them. */
export interface TrainingWorkflows {
  /**
   * Starts a training, or attaches to the one under way.
   *
   * @throws {HeadgateError} TEMPORAL_UNAVAILABLE when Temporal does not answer in time
   */
  start(input: TrainingInput): Promise<StartedTraining>;
  /**
   * Where one training stands; null when Temporal knows none of this run id.
   *
   * @throws {HeadgateError} TEMPORAL_UNAVAILABLE when Temporal does not answer in time
   */
  state(runId: string): Promise<TrainingState | null>;
}
