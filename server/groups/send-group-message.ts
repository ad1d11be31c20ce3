import { signMessage } from '../../core/signing';
import { groupWorkflowId, type GroupMessageName, type GroupMessageResult } from '../../workflows/group/messages';
import type { Caller } from '../http/authenticate';
import { acceptedResult, rejected, type OutgoingMessage } from '../rollouts/send-message';
import type { GroupWorkflows } from '../temporal/group-workflows';
import type { LocatedGroup } from './group-directory';

/**
 * Sends a message to a live group and waits for what it comes to; when no worker answers, it is left for when one is
 * back. It goes to the run that carries this very group.
 *
 * @throws {HeadgateError} MESSAGE_REJECTED with the workflow's reason or because the group has ended, TEMPORAL_UNAVAILABLE
 */
export async function sendGroupMessage(
  { groupWorkflows, signingKey }: { readonly groupWorkflows: GroupWorkflows; readonly signingKey: string },
  environment: string,
  { groupId, key }: Pick<LocatedGroup, 'groupId' | 'key'>,
  name: GroupMessageName,
  message: OutgoingMessage,
  caller: Pick<Caller, 'name' | 'role'>,
): Promise<GroupMessageResult | { readonly queued: true; readonly id: string }> {
  const found = await groupWorkflows.find(environment, key);
  // One that has ended is asked too: it tells a sender who repeats the message that ended it what that came to.
  if (found?.groupId !== groupId) throw rejected(name, `group '${groupId}' has ended`);
  const target = { workflowId: groupWorkflowId(environment, key), subjectId: groupId };
  const signed = signMessage(signingKey, target, name, message, caller);
  const result = acceptedResult(name, await groupWorkflows.send({ ...found, environment, key }, name, signed));
  return result ?? { queued: true, id: signed.id };
}
