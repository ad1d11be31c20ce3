import { createHash, createHmac, hash, timingSafeEqual } from 'node:crypto';
import type { ExperimentMessage } from '../workflows/experiment/messages';
import type { MessageArguments, MessageName } from '../workflows/rollout/messages';
import { canonicalJson } from './canonical-json';

/** SHA-256 of the canonical JSON of a value, in lower-case hex. */
export function contentHash(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}

/** SHA-256 of a text, in lower-case hex; how tokens are stored. */
export function sha256(text: string): string {
  return hash('sha256', text, 'hex');
}

/** HMAC-SHA-256 over the canonical JSON of a value, in lower-case hex. */
export function sign(key: string, value: unknown): string {
  return createHmac('sha256', key).update(canonicalJson(value)).digest('hex');
}

/** Whether a signature made by {@link sign} fits, compared in constant time. */
export function isSignatureOf(signature: string, key: string, value: unknown): boolean {
  const expected = Buffer.from(sign(key, value), 'hex');
  const given = Buffer.from(signature, 'hex');
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/**
 * What of a message to a rollout, an experiment or a group the server signs and a worker checks, so that neither actor
 * nor content can be altered or moved to another one.
 *
 * @param subjectId - id of the rollout, experiment or group
 */
export function signedPart(
  workflowId: string,
  subjectId: string,
  name: MessageName | ExperimentMessage,
  { actor, ...rest }: MessageArguments,
): Record<string, unknown> {
  return { workflowId, rolloutId: subjectId, name, ...rest, actorName: actor?.name, actorRole: actor?.role };
}

/**
 * Signs a message with its sender, so that neither can be altered or moved to another one.
 *
 * @param target - the workflow it goes to, and the id of the rollout, experiment or group that this workflow must carry
 */
export function signMessage<T extends Omit<MessageArguments, 'actor'>>(
  key: string,
  { workflowId, subjectId }: { readonly workflowId: string; readonly subjectId: string },
  name: MessageName | ExperimentMessage,
  message: T,
  sender: { readonly name: string; readonly role: string },
): T & { readonly actor: NonNullable<MessageArguments['actor']> } {
  const actor = { name: sender.name, role: sender.role, signature: '' };
  const signature = sign(key, signedPart(workflowId, subjectId, name, { ...message, actor }));
  return { ...message, actor: { ...actor, signature } };
}
