import { ErrorCode, HeadgateError } from '../../core/errors';
import { signMessage } from '../../core/signing';
import type { ExperimentMessage } from '../../workflows/experiment/messages';
import {
  rolloutWorkflowId,
  type MessageArguments,
  type MessageName,
  type MessageResult,
} from '../../workflows/rollout/messages';
import type { Caller } from '../http/authenticate';
import type { RolloutWorkflows, Sent } from '../temporal/rollout-workflows';
import { sendToRun } from '../temporal/send-to-run';
import type { LocatedRollout } from './rollout-directory';

/** A message as the API takes it, with the id that makes a repetition count once. */
export type OutgoingMessage = Omit<MessageArguments, 'actor' | 'id'> & { readonly id: string };

/** What became of it: dealt with, or left for when a worker is back. */
export type MessageAnswer = MessageResult | { readonly queued: true; readonly id: string };

/**
 * Sends a message to a live rollout and waits for what it comes to. When no worker answers within the deadline, the
 * same message is left as a signal: its id makes it count once, even if the update is taken after all. It goes to the
 * run that carries this very rollout, never to one that has begun under the same workflow id since.
 *
 * @throws {HeadgateError} MESSAGE_REJECTED with the workflow's reason or because the rollout has ended, TEMPORAL_UNAVAILABLE
 */
export async function sendMessage(
  workflows: Pick<RolloutWorkflows, 'find' | 'send'>,
  signingKey: string,
  { environment, flagKey, rolloutId }: Pick<LocatedRollout, 'environment' | 'flagKey' | 'rolloutId'>,
  name: MessageName,
  message: OutgoingMessage,
  caller: Pick<Caller, 'name' | 'role'>,
): Promise<MessageAnswer> {
  const target = { workflowId: rolloutWorkflowId(environment, flagKey), subjectId: rolloutId };
  const signed = signMessage(signingKey, target, name, message, caller);
  const sent = await sendToRun(workflows, { environment, flagKey, id: rolloutId }, (run) =>
    workflows.send(run, name, signed),
  );
  if (sent === null) throw rejected(name, `rollout '${rolloutId}' has ended`);
  return acceptedResult(name, sent) ?? { queued: true, id: signed.id };
}

/**
 * What a workflow answered to a message that it took; null when no worker answered.
 *
 * @throws {HeadgateError} MESSAGE_REJECTED with the workflow's reason
 */
export function acceptedResult<Result extends { readonly accepted: boolean; readonly text: string }>(
  name: MessageName | ExperimentMessage,
  sent: Sent<Result>,
): Result | null {
  if (sent.kind === 'silent') return null;
  if (sent.kind === 'rejected') throw rejected(name, sent.why);
  if (!sent.result.accepted) throw rejected(name, sent.result.text);
  return sent.result;
}

/** The error of a message that its workflow did not take. */
export function rejected(name: MessageName | ExperimentMessage, why: string): HeadgateError {
  return new HeadgateError(ErrorCode.MessageRejected, `${name} was not accepted: ${why}`);
}
