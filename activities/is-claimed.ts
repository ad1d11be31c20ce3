import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';

/** Field of a workflow's memo that names what it carries. */
export type ClaimField = 'rolloutId' | 'groupId';

/** Whether the memo of a running workflow claims a rollout or a group; one without the field is believed. */
export function claims(memo: Readonly<Record<string, unknown>> | undefined, field: ClaimField, id: string): boolean {
  const claimed = memo?.[field];
  return claimed === undefined || claimed === id;
}

/** Whether a running workflow claims a rollout or a group. */
export async function isClaimed(
  client: Pick<Client, 'workflow'>,
  workflowId: string,
  field: ClaimField,
  id: string,
): Promise<boolean> {
  try {
    const { status, memo } = await client.workflow.getHandle(workflowId).describe();
    return status.name === 'RUNNING' && claims(memo, field, id);
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}
