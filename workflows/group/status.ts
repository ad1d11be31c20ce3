import type { RolloutOutcome } from '../rollout/status';

/** How a group may end. */
export type GroupOutcome = 'completed' | 'rolled_back' | 'aborted';

/** Where a group is in its life; the first three live. */
export type GroupPhase = 'waiting' | 'progressing' | 'taking_back' | GroupOutcome;

/** One rollout of a group. */
export interface GroupMember {
  readonly flag: string;
  readonly candidate: string;
  readonly rolloutId: string;
  /** Members that have to complete before it starts. */
  readonly after: readonly string[];
  /**
   * `failed`: its workflow broke or was ended from outside. `skipped`: the group ended or went back before it was
   * started. `detached`: the group itself was ended from outside while this rollout was live; it goes on under its own
   * judge.
   */
  readonly state: 'pending' | 'live' | 'failed' | 'skipped' | 'detached' | RolloutOutcome;
  /** Its rollout's own last word, or why it was never started; empty before its end. */
  readonly summary: string;
  /** What became of a completed member when the group went back; `kept`: somebody else has written there since. */
  readonly takenBack: 'taken_back' | 'kept' | null;
}

/** Answer of the `status` query and body of the API. */
export interface GroupStatus {
  readonly groupId: string;
  readonly environment: string;
  readonly key: string;
  readonly phase: GroupPhase;
  readonly outcome: GroupOutcome | null;
  readonly waitingFor: 'approval' | null;
  /** One sentence: what it is doing or why it ended. */
  readonly summary: string;
  readonly members: readonly GroupMember[];
  /** What happened, oldest first. */
  readonly record: readonly { readonly at: string; readonly text: string }[];
  readonly startedAt: string;
  readonly startedBy: string;
  readonly owner?: string;
}

/** Whether a phase is an end. */
export function isGroupEnd(phase: GroupPhase): phase is GroupOutcome {
  return phase === 'completed' || phase === 'rolled_back' || phase === 'aborted';
}
