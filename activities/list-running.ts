import type { Client } from '@temporalio/client';
import { claims, type ClaimField } from './is-claimed';

/** The running workflows of rollouts, experiments and groups, as Temporal lists them. */
export interface RunningWorkflows {
  /** Whether one is listed under an id and claims a rollout or group. */
  claim(workflowId: string, field: ClaimField, id: string): boolean;
}

const QUERY =
  "WorkflowType IN ('rolloutWorkflow', 'experimentWorkflow', 'groupWorkflow') AND ExecutionStatus = 'Running'";

/**
 * Lists them, a thousand in one request, instead of asking for each. The list may be some seconds old: of who stands in
 * it the next run finds out, and who does not is asked for by itself.
 */
export async function listRunning(client: Pick<Client, 'workflow'>): Promise<RunningWorkflows> {
  const memos = new Map<string, Readonly<Record<string, unknown>> | undefined>();
  for await (const { workflowId, memo } of client.workflow.list({ query: QUERY, pageSize: 1000 })) {
    memos.set(workflowId, memo);
  }
  return {
    claim: (workflowId, field, id) => memos.has(workflowId) && claims(memos.get(workflowId), field, id),
  };
}
