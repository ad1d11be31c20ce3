import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';

/**
 * Whether a running workflow claims a rollout or a group.
 *
 * @param memo - the field of its memo that names what it carries; a workflow without one is believed
 */
export async function isClaimed(
  client: Pick<Client, 'workflow'>,
  workflowId: string,
  memo: 'rolloutId' | 'groupId',
  id: string,
): Promise<boolean> {
  try {
    const description = await client.workflow.getHandle(workflowId).describe();
    const claims = description.memo?.[memo];
    return description.status.name === 'RUNNING' && (claims === undefined || claims === id);
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}
