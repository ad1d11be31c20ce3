import type { TrainingInput } from '../../workflows/training/messages';

/** Starts trainings in Temporal. */
export interface TrainingWorkflows {
  /**
   * Starts a training, or attaches to the one under way; answers its workflow id.
   *
   * @throws {HeadgateError} TEMPORAL_UNAVAILABLE when Temporal does not answer in time
   */
  start(input: TrainingInput): Promise<string>;
}
