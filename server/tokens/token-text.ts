import { randomBytes, timingSafeEqual } from 'node:crypto';
import { sha256 } from '../../core/signing';

const TOKEN = /^hg_([a-z0-9]{12})_([A-Za-z0-9_-]{43})$/;

/** A new bearer token: what is shown once, and what is kept. */
export interface NewToken {
  readonly id: string;
  /** `hg_<id>_<secret>`; never stored. */
  readonly text: string;
  /** What is kept of it. */
  readonly hash: string;
}

/** Makes a token of a 12-character id and a secret of 256 bits. */
export function newToken(): NewToken {
  const id = randomBytes(6).toString('hex');
  const secret = randomBytes(32).toString('base64url');
  const text = `hg_${id}_${secret}`;
  return { id, text, hash: sha256(text) };
}

/**
 * The hash under which a token is kept; null when the text does not look like one of ours. A secret has 256 random
 * bits, so a slow hash would add nothing, and looking up by hash tells nothing of the text by its duration.
 */
export function tokenHash(text: string): string | null {
  return TOKEN.test(text) ? sha256(text) : null;
}

/** Whether two hashes are the same, in constant time. */
export function isSameHash(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a, 'hex'), Buffer.from(b, 'hex')];
  return left.length === right.length && timingSafeEqual(left, right);
}
