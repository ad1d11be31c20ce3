import type { GroupInput, GroupMessageName, GroupMessageResult } from '../../workflows/group/messages';
import type { GroupStatus } from '../../workflows/group/status';
import type { MessageArguments } from '../../workflows/rollout/messages';
import type { Sent } from './rollout-workflows';

/** The latest execution under a group's workflow id. */
export interface FoundGroup {
  readonly groupId: string;
  readonly identity: string;
  readonly runId: string;
  readonly running: boolean;
}

/** What became of a message to a group; a `silent` one was left as a signal. */
export type GroupSendResult = Sent<GroupMessageResult>;

/**
 * The live groups as Temporal holds them. Each call throws a HeadgateError TEMPORAL_UNAVAILABLE when Temporal does not
 * answer in time.
 */
export interface GroupWorkflows {
  /** The latest group of a key that Temporal still knows; null when it knows none. */
  find(environment: string, key: string): Promise<FoundGroup | null>;
  /** Starts a group; `exists` when one is live under the same workflow id, which Temporal alone decides. */
  start(input: GroupInput): Promise<'started' | 'exists'>;
  /** The workflow's own status; null when no worker answers in time or there is no such workflow. */
  status(environment: string, key: string): Promise<GroupStatus | null>;
  /** Sends a message to one run and waits up to five seconds for what it comes to; then leaves it as a signal. */
  send(
    found: FoundGroup & { readonly environment: string; readonly key: string },
    name: GroupMessageName,
    args: MessageArguments & { readonly id: string },
  ): Promise<GroupSendResult>;
}
