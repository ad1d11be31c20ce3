import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import {
  GROUP_WORKFLOW,
  groupStatusQuery,
  groupWorkflowId,
  type GroupInput,
  type GroupMessageName,
  type GroupMessageResult,
} from '../../workflows/group/messages';
import type { GroupStatus } from '../../workflows/group/status';
import { ROLLOUT_TASK_QUEUE, type MessageArguments } from '../../workflows/rollout/messages';
import type { FoundGroup, GroupSendResult, GroupWorkflows } from './group-workflows';
import { sendUpdate } from './send-update';
import { startWorkflow } from './start-workflow';
import { unavailable } from './unavailable';

/** {@link GroupWorkflows} on the server's connection to Temporal. */
export class TemporalGroupWorkflows implements GroupWorkflows {
  constructor(
    private readonly client: Client,
    private readonly taskQueue: string = ROLLOUT_TASK_QUEUE,
  ) {}

  async find(environment: string, key: string): Promise<FoundGroup | null> {
    const handle = this.client.workflow.getHandle(groupWorkflowId(environment, key));
    try {
      const { memo, runId, status } = await handle.describe();
      const { groupId, identity } = (memo ?? {}) as { groupId?: string; identity?: string };
      return { groupId: groupId ?? '', identity: identity ?? '', runId, running: status.name === 'RUNNING' };
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return null;
      throw unavailable(error);
    }
  }

  async start(input: GroupInput): Promise<'started' | 'exists'> {
    const { environment, key, groupId, identity, members, owner } = input;
    return startWorkflow(this.client, GROUP_WORKFLOW, {
      workflowId: groupWorkflowId(environment, key),
      taskQueue: this.taskQueue,
      input,
      memo: { groupId, identity },
      staticSummary: `group ${key} of ${members.length} rollouts in ${environment}`,
      found: { environment, owner },
    });
  }

  async status(environment: string, key: string): Promise<GroupStatus | null> {
    const handle = this.client.workflow.getHandle(groupWorkflowId(environment, key));
    // Whatever the reason, the projection is what is left to show.
    return handle.query(groupStatusQuery).catch(() => null);
  }

  async send(
    { environment, key, runId }: FoundGroup & { readonly environment: string; readonly key: string },
    name: GroupMessageName,
    args: MessageArguments & { readonly id: string },
  ): Promise<GroupSendResult> {
    const handle = this.client.workflow.getHandle(groupWorkflowId(environment, key), runId);
    const sent = await sendUpdate<GroupMessageResult>(handle, name, args);
    // A group never continues as new.
    return sent.kind === 'run_ended' ? { kind: 'rejected', why: 'the group has ended' } : sent;
  }
}
