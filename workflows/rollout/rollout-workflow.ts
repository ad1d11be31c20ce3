import { RolloutRun } from './rollout-run';
import type { RolloutInput } from './messages';
import type { RolloutOutcome } from './status';

/**
 * Walks one flag through its plan: raise the weight, look until the bake is served and the evidence allows the next step, obey
 * the verdict and the operators, and leave the flag without a rollout at the end.
 *
 * One workflow id per flag and environment makes it the only live rollout there. State is explicit and carried over
 * continue-as-new; see docs/semantics.md for the hard cases.
 */
export async function rolloutWorkflow(input: RolloutInput): Promise<{ outcome: RolloutOutcome; summary: string }> {
  return new RolloutRun(input).execute();
}
