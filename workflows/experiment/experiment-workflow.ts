import { ExperimentRun, type ExperimentEnd } from './experiment-run';
import type { ExperimentInput } from './messages';

/**
 * Compares variants of one flag over equal concurrent arms until its plan, its guardrails or a person end it, and takes
 * the arms off the flag again: what the place serves is never changed. It runs under the workflow id of the flag's
 * rollouts, so that a flag has one of either at most.
 */
export async function experimentWorkflow(input: ExperimentInput): Promise<ExperimentEnd> {
  return new ExperimentRun(input).execute();
}
