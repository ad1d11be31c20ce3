import { createHash } from 'node:crypto';

/**
 * A user as events name one, where a rollout counts users: a hash of the targeting key, other for each rollout, so that
 * users cannot be followed from one to the next. It keeps ids out of events and logs; who can guess ids can recognise
 * one, so the server hashes it again under a key of its own before anything is stored.
 *
 * @returns 22 characters of base64url: 128 bits
 */
export function userDigest(rolloutId: string, targetingKey: string): string {
  const hash = createHash('sha256').update(`headgate-user\0${rolloutId}\0${targetingKey}`).digest();
  return hash.subarray(0, 16).toString('base64url');
}
