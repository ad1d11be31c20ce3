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
import type { MessageTarget, RolloutWorkflows, Sent } from '../temporal/rollout-workflows';
import type { LocatedRollout } from './rollout-directory';

/** A message as the API takes it, with the id that makes a repetition count once. */
export type OutgoingMessage = Omit<MessageArguments, 'actor' | 'id'> & { readonly id: string };

/** What became of it: dealt with, or left for when a worker is back. */
export type MessageAnswer = MessageResult | { readonly queued: true; readonly id: string };

/** Runs that end between the look and the message; a rollout continues as new far less often than this. */
const MAX_ROUNDS = 3;

/**
 * Sends a message to a live rollout and waits for what it comes to. When no worker answers within the deadline, the same message is
 * left as a signal: its id makes it count once, even if the update is taken after all. It goes to the run that carries this very
 * rollout, never to one that has begun under the same workflow id since.
 *
 * @throws {HeadgateError} MESSAGE_REJECTED with the workflow's reason or because the rollout has ended, TEMPORAL_UNAVAILABLE
 */
export async function sendMessage(
  workflows: Pick<RolloutWorkflows, 'find' | 'send' | 'signal'>,
  signingKey: string,
  rollout: Pick<LocatedRollout, 'environment' | 'flagKey' | 'rolloutId'>,
  name: MessageName,
  message: OutgoingMessage,
  caller: Pick<Caller, 'name' | 'role'>,
): Promise<MessageAnswer> {
  const { environment, flagKey, rolloutId } = rollout;
  const target = { workflowId: rolloutWorkflowId(environment, flagKey), subjectId: rolloutId };
  const signed = signMessage(signingKey, target, name, message, caller);
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const found = await workflows.find({ environment, flagKey });
    if (found === null || !found.running || found.rolloutId !== rolloutId) break;
    try {
      return await deliver(workflows, { environment, flagKey, runId: found.runId }, name, signed);
    } catch (error) {
      const runHasEnded = error instanceof HeadgateError && error.code === ErrorCode.RolloutNotFound;
      if (!runHasEnded) throw error;
    }
  }
  throw rejected(name, `rollout '${rolloutId}' has ended`);
}

async function deliver(
  workflows: Pick<RolloutWorkflows, 'send' | 'signal'>,
  target: MessageTarget,
  name: MessageName,
  signed: MessageArguments & { readonly id: string },
): Promise<MessageAnswer> {
  const result = acceptedResult(name, await workflows.send(target, name, signed));
  if (result !== null) return result;
  await workflows.signal(target, name, signed);
  return { queued: true, id: signed.id };
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
