import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { Actor } from '../../flags/document/decision-record';
import type { MessageArguments, RolloutInput } from '../rollout/messages';
import type { GroupStatus } from './status';

/** Name under which the workflow is registered. */
export const GROUP_WORKFLOW = 'groupWorkflow';

/** The one workflow id of a group's key in an environment: at most one live group can exist under it. */
export function groupWorkflowId(environment: string, key: string): string {
  return `group/${environment}/${key}`;
}

/** What a group is started with. */
export interface GroupInput {
  readonly groupId: string;
  readonly environment: string;
  readonly key: string;
  /** Hash of the resolved group. */
  readonly identity: string;
  readonly owner?: string;
  readonly approval: boolean;
  readonly approvals: { readonly forbidStarter: boolean; readonly allowUnverified: boolean };
  readonly onRollback: 'take_back' | 'stop';
  readonly sideBySide: boolean;
  /** In the order of the prerequisites' graph. Each is started with this, and the instant at which that happens. */
  readonly members: readonly {
    readonly rollout: Omit<RolloutInput, 'startedAt' | 'state'>;
    readonly after: readonly string[];
  }[];
  readonly startedBy: Actor;
  /** ISO 8601. */
  readonly startedAt: string;
}

/** Messages that a group takes. */
export type GroupMessageName = 'approve' | 'abort';

/** What a message came to. */
export interface GroupMessageResult {
  readonly accepted: boolean;
  readonly text: string;
  readonly state: string;
}

/** Fire-and-forget forms, by name. */
export const groupSignals = {
  approve: defineSignal<[MessageArguments?]>('approve'),
  abort: defineSignal<[MessageArguments?]>('abort'),
} as const;

/** Forms that answer, by name. */
export const groupUpdates = {
  approve: defineUpdate<GroupMessageResult, [MessageArguments?]>('approve'),
  abort: defineUpdate<GroupMessageResult, [MessageArguments?]>('abort'),
} as const;

/** Where the group stands now. */
export const groupStatusQuery = defineQuery<GroupStatus>('status');
