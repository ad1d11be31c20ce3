import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const TOKEN = /^hg_([a-z0-9]{12})_([A-Za-z0-9_-]{43})$/;

/** A new bearer token: what is shown once, and what is kept. */
export interface NewToken {
  readonly id: string;
  /** `hg_<id>_<secret>`; never stored. */
  readonly text: string;
  /** SHA-256 of the secret. The secret has 256 random bits, so a slow hash would add nothing. */
  readonly secretHash: string;
}

/** Makes a token of a 12-character id and a secret of 256 bits. */
export function newToken(): NewToken {
  const id = randomBytes(6).toString('hex');
  const secret = randomBytes(32).toString('base64url');
  return { id, text: `hg_${id}_${secret}`, secretHash: hashOf(secret) };
}

/** Takes a token's text apart; null when it does not look like one of ours. */
export function parseToken(text: string): { readonly id: string; readonly secret: string } | null {
  const [, id, secret] = TOKEN.exec(text) ?? [];
  return id === undefined || secret === undefined ? null : { id, secret };
}

/** Whether a secret is the one whose hash is kept, in constant time. */
export function isSecretOf(secret: string, secretHash: string): boolean {
  const given = Buffer.from(hashOf(secret), 'hex');
  const kept = Buffer.from(secretHash, 'hex');
  return given.length === kept.length && timingSafeEqual(given, kept);
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
