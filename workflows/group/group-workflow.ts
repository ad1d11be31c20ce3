import { GroupRun } from './group-run';
import type { GroupInput } from './messages';
import type { GroupOutcome } from './status';

/**
 * Rolls dependent flags out as one unit: one approval, each member as its own rollout once all it needs has completed,
 * and back in reverse when one does not complete. Members are children that outlive it: if it is terminated, each goes
 * on under its own judge.
 */
export async function groupWorkflow(input: GroupInput): Promise<{ outcome: GroupOutcome; summary: string }> {
  return new GroupRun(input).execute();
}
