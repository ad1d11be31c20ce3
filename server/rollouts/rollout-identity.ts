import { contentHash } from '../../core/signing';
import type { RolloutPlan } from '../../flags/plan/plan';

/**
 * What makes two starts the same one: environment, flag, the resolved plan and the id of the change. A change's title,
 * address and author are for reading only.
 */
export function rolloutIdentity({ change, ...plan }: RolloutPlan): string {
  return contentHash({ environment: plan.environment, flag: plan.flag, plan, change: change?.id ?? null });
}

/** Letters and digits that cannot be taken for one another when read aloud. */
const ALPHABET = 'abcdefghjkmnpqrstuvwxyz23456789';
const SUFFIX_LENGTH = 8;

/**
 * A new rollout id, readable and unique: the flag key and eight random characters, such as `checkout-k3x9f2ab`.
 *
 * @param randomBytes - as node:crypto's
 */
export function newRolloutId(flagKey: string, randomBytes: (size: number) => Uint8Array): string {
  let suffix = '';
  while (suffix.length < SUFFIX_LENGTH) {
    for (const byte of randomBytes(SUFFIX_LENGTH)) {
      // Bytes past the last whole multiple are dropped, so that every character is equally likely.
      if (byte < 248 && suffix.length < SUFFIX_LENGTH) suffix += ALPHABET[byte % ALPHABET.length];
    }
  }
  return `${flagKey}-${suffix}`;
}

/** The flag key within a rollout id made by {@link newRolloutId}; null when it was not made so. */
export function flagKeyOf(rolloutId: string): string | null {
  return /^(.+)-[a-hj-km-np-z2-9]{8}$/.exec(rolloutId)?.[1] ?? null;
}
