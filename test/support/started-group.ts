import type { WorkflowHandle } from '@temporalio/client';
import { randomUUID } from 'node:crypto';
import type { RolloutPlan } from '../../flags/plan/plan';
import {
  groupStatusQuery,
  groupUpdates,
  groupWorkflowId,
  type GroupInput,
  type GroupMessageName,
  type GroupMessageResult,
} from '../../workflows/group/messages';
import type { GroupStatus } from '../../workflows/group/status';
import type { MessageArguments } from '../../workflows/rollout/messages';
import { pollUntil } from './poll-until';
import { givenQuickPlan, type RolloutHarness } from './rollout-harness';

/** Members of the groups under test: `top` starts after `base`. */
export const MEMBERS = ['base', 'top'] as const;
type Plans = Partial<Record<(typeof MEMBERS)[number], Partial<RolloutPlan>>>;

/** A group of two rollouts under test. */
export class StartedGroup {
  private constructor(
    readonly handle: WorkflowHandle,
    readonly groupId: string,
  ) {}

  /** Creates both flags in an environment and starts the group on the harness's task queue. */
  static async start(
    harness: RolloutHarness,
    environment: string,
    plans: Plans = {},
    change: Partial<GroupInput> = {},
    /** A third member after both, whose flag `last` is there already. */
    last?: Partial<RolloutPlan>,
  ): Promise<StartedGroup> {
    for (const key of MEMBERS) await harness.createFlag(environment, { _id: `${environment}/${key}`, key });
    const startedBy = { kind: 'token' as const, name: 'alice', role: 'operator', verified: true };
    const input: GroupInput = {
      groupId: `g-${randomUUID().slice(0, 8)}`,
      environment,
      key: 'both',
      identity: 'both',
      approval: false,
      approvals: { forbidStarter: false, allowUnverified: true },
      onRollback: 'take_back',
      sideBySide: true,
      members: [...MEMBERS, ...(last === undefined ? [] : (['last'] as const))].map((flagKey) => ({
        rollout: {
          rolloutId: `${flagKey}-${environment}`,
          environment,
          flagKey,
          identity: flagKey,
          plan: givenQuickPlan({ environment, flag: flagKey, ...(flagKey === 'last' ? last : plans[flagKey]) }),
          salt: flagKey,
          startedBy,
        },
        after: flagKey === 'base' ? [] : flagKey === 'top' ? ['base'] : ['base', 'top'],
      })),
      startedBy,
      startedAt: new Date().toISOString(),
      ...change,
    };
    const handle = await harness.client.workflow.start('groupWorkflow', {
      workflowId: groupWorkflowId(environment, input.key),
      taskQueue: harness.taskQueue,
      args: [input],
      memo: { groupId: input.groupId, identity: input.identity },
    });
    return new StartedGroup(handle, input.groupId);
  }

  status(): Promise<GroupStatus> {
    return this.handle.query(groupStatusQuery);
  }

  /** Polls until the status is as wanted; fails with the last status after a minute. */
  until(wanted: (status: GroupStatus) => boolean): Promise<GroupStatus> {
    return pollUntil(() => this.status(), wanted);
  }

  untilLive(key: (typeof MEMBERS)[number]): Promise<GroupStatus> {
    return this.until(({ members }) => members.some(({ flag, state }) => flag === key && state === 'live'));
  }

  send(name: GroupMessageName, args: MessageArguments = {}): Promise<GroupMessageResult> {
    return this.handle.executeUpdate<GroupMessageResult, [MessageArguments]>(groupUpdates[name].name, { args: [args] });
  }

  async result(): Promise<{ outcome: string; summary: string }> {
    return (await this.handle.result()) as { outcome: string; summary: string };
  }
}
