import type { TokensRepository } from '../store/tokens-repository';
import { createToken } from './tokens/create-token';

/**
 * Makes the first admin token of an installation, whose text is to be shown once. Two processes that start at the same
 * time may each make one; both are good and listed.
 *
 * @returns the token's text, or null when an admin token that is not revoked exists already
 */
export async function createFirstToken(
  tokens: Pick<TokensRepository, 'insert' | 'list'>,
  nowMs: number,
  name = 'first-admin',
): Promise<string | null> {
  const standing = await tokens.list();
  if (standing.some(({ role, revokedAt }) => role === 'admin' && revokedAt === undefined)) return null;
  return (await createToken(tokens, { name, role: 'admin' }, 'headgate up', nowMs)).text;
}
