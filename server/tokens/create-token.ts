import { ErrorCode, HeadgateError } from '../../core/errors';
import type { TokenDocument, TokensRepository } from '../../store/tokens-repository';
import type { Role } from './role';
import { newToken } from './token-text';

/** A token just made: what is stored, and the text that is shown once. */
export interface CreatedToken {
  readonly document: TokenDocument;
  readonly text: string;
}

/** What a token is to be. */
export interface TokenWish {
  readonly name: string;
  readonly role: Role;
  readonly environment?: string;
}

/**
 * Makes and stores a token.
 *
 * @throws {HeadgateError} INVALID_ARGUMENT for an `sdk` token or `client` key without environment, and for an `admin` one with
 */
export async function createToken(
  tokens: Pick<TokensRepository, 'insert'>,
  { name, role, environment }: TokenWish,
  createdBy: string,
  nowMs: number,
): Promise<CreatedToken> {
  if ((role === 'sdk' || role === 'client') && environment === undefined) {
    const what = role === 'sdk' ? 'an sdk token' : 'a client key';
    throw new HeadgateError(ErrorCode.InvalidArgument, `${what} belongs to one environment`, {
      remedy: `Name it: headgate token create --role ${role} --env ENVIRONMENT.`,
    });
  }
  if (role === 'admin' && environment !== undefined) {
    throw new HeadgateError(ErrorCode.InvalidArgument, 'an admin token is good for all environments');
  }
  const { id, text, hash } = newToken();
  const document: TokenDocument = {
    _id: id,
    hash,
    name,
    role,
    ...(environment === undefined ? {} : { environment }),
    createdBy,
    createdAt: new Date(nowMs).toISOString(),
  };
  if (await tokens.insert(document)) return { document, text };
  throw new HeadgateError(ErrorCode.Internal, 'two tokens were given the same id', { retryable: true });
}
