import { Client, Connection, WorkflowNotFoundError } from '@temporalio/client';
import { EXPERIMENT_WORKFLOW } from '../../workflows/experiment/messages';
import {
  ROLLOUT_TASK_QUEUE,
  ROLLOUT_WORKFLOW,
  rolloutWorkflowId,
  statusQuery,
  type MessageArguments,
  type MessageName,
  type MessageResult,
  type RolloutInput,
} from '../../workflows/rollout/messages';
import type { RolloutStatus } from '../../workflows/rollout/status';
import { callInterceptors } from './call-deadlines';
import type { FoundRollout, MessageTarget, RolloutWorkflows, SentToRun } from './rollout-workflows';
import { sendUpdate } from './send-update';
import { startWorkflow } from './start-workflow';
import { unavailable } from './unavailable';

/** Talks to Temporal. Connects when first needed and again by itself, so that a server starts and serves flags without it. */
export class TemporalRolloutWorkflows implements RolloutWorkflows {
  private readonly connection: Connection;
  /** Shared with whatever else of this server talks to Temporal. */
  readonly client: Client;

  constructor(
    address: string,
    namespace: string,
    private readonly taskQueue: string = ROLLOUT_TASK_QUEUE,
  ) {
    this.connection = Connection.lazy({
      address,
      interceptors: callInterceptors(),
      // gRPC waits up to two minutes between attempts by default; an operator does not.
      channelArgs: { 'grpc.initial_reconnect_backoff_ms': 200, 'grpc.max_reconnect_backoff_ms': 1_000 },
    });
    this.client = new Client({ connection: this.connection, namespace });
  }

  async find(target: MessageTarget): Promise<FoundRollout | null> {
    const handle = this.client.workflow.getHandle(workflowIdOf(target));
    try {
      const { memo, runId, status, type } = await handle.describe();
      return {
        rolloutId: textOf(memo?.['rolloutId']),
        identity: textOf(memo?.['identity']),
        runId,
        running: status.name === 'RUNNING',
        ...(type === EXPERIMENT_WORKFLOW ? { isExperiment: true as const } : {}),
      };
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return null;
      throw unavailable(error);
    }
  }

  async start(input: RolloutInput, owner: string | undefined): Promise<'started' | 'exists'> {
    const { environment, flagKey, plan, rolloutId, identity } = input;
    return startWorkflow(this.client, ROLLOUT_WORKFLOW, {
      workflowId: rolloutWorkflowId(environment, flagKey),
      taskQueue: this.taskQueue,
      input,
      memo: { rolloutId, identity },
      staticSummary: `${flagKey} → ${plan.candidate} in ${environment}`,
      found: { environment, flag: flagKey, state: 'assessing', owner },
    });
  }

  async status(target: MessageTarget): Promise<RolloutStatus | null> {
    const handle = this.client.workflow.getHandle(workflowIdOf(target));
    try {
      return await handle.query(statusQuery);
    } catch {
      // Whatever the reason, the projection is what is left to show, marked as such.
      return null;
    }
  }

  send(
    target: Required<MessageTarget>,
    name: MessageName,
    args: MessageArguments & { readonly id: string },
  ): Promise<SentToRun<MessageResult>> {
    const handle = this.client.workflow.getHandle(workflowIdOf(target), target.runId);
    return sendUpdate<MessageResult>(handle, name, args);
  }

  async isReachable(): Promise<boolean> {
    try {
      await this.connection.workflowService.getSystemInfo({});
      return true;
    } catch {
      return false;
    }
  }

  close(): Promise<void> {
    return this.connection.close();
  }
}

function workflowIdOf({ environment, flagKey }: MessageTarget): string {
  return rolloutWorkflowId(environment, flagKey);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
