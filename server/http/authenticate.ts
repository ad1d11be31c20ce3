import type { FastifyRequest } from 'fastify';
import { ErrorCode, HeadgateError } from '../../core/errors';
import type { Actor } from '../../flags/document/decision-record';
import type { TokenDocument } from '../../store/tokens-repository';
import { mayUse, type Role } from '../tokens/role';
import { isSameHash, tokenHash } from '../tokens/token-text';

/** Who calls. */
export interface Caller {
  readonly tokenId: string;
  readonly name: string;
  readonly role: Role;
  readonly environment: string | null;
}

/**
 * Callers of documents that have been checked: one look-up serves thousands of requests. A document is never changed
 * after it was read.
 */
const callers = new WeakMap<TokenDocument, { readonly hash: string; readonly caller: Caller }>();

/**
 * Hashes of headers that held a good token, by the header: one costs a twentieth of an evaluation. Whether the token is
 * still good is looked up by its hash each time. Only good ones are remembered, and so many at most, so that nobody
 * fills the memory without having a token.
 */
const hashes = new Map<string, string>();
const MOST_HASHES = 1_000;

/**
 * Finds out who calls from the bearer token.
 *
 * @param find - looks a token up by the hash of its text; null when there is none
 * @throws {HeadgateError} UNAUTHENTICATED without a token that is known and not revoked; whatever `find` throws
 */
export async function authenticate(
  authorization: string | undefined,
  find: (hash: string) => Promise<TokenDocument | null>,
): Promise<Caller> {
  const hash = bearerHash(authorization);
  const token = hash === null ? null : await find(hash);
  if (hash === null || token === null) throw unauthenticated();
  const known = callers.get(token);
  if (known?.hash === hash) return known.caller;
  if (!isSameHash(hash, token.hash) || token.revokedAt !== undefined) throw unauthenticated();
  const caller = { tokenId: token._id, name: token.name, role: token.role, environment: token.environment ?? null };
  callers.set(token, { hash, caller });
  remember(authorization ?? '', hash);
  return caller;
}

/**
 * The caller that {@link authenticate} would find, where that is known without waiting; undefined where it is not, or
 * where there may be none.
 *
 * @param peek - a look-up that {@link authenticate} made before; undefined when there is none that still counts
 */
export function knownCaller(
  authorization: string | undefined,
  peek: (hash: string) => TokenDocument | null | undefined,
): Caller | undefined {
  const hash = bearerHash(authorization);
  const token = hash === null ? null : peek(hash);
  if (token === null || token === undefined) return undefined;
  const known = callers.get(token);
  return known !== undefined && known.hash === hash ? known.caller : undefined;
}

/** The hash of a bearer token, as sent in its header; null where there is none that looks like ours. */
function bearerHash(authorization = ''): string | null {
  const remembered = hashes.get(authorization);
  if (remembered !== undefined) return remembered;
  const space = authorization.indexOf(' ');
  const isBearer = space > 0 && authorization.slice(0, space).toLowerCase() === 'bearer';
  return isBearer ? tokenHash(authorization.slice(space + 1)) : null;
}

function remember(authorization: string, hash: string): void {
  if (hashes.size >= MOST_HASHES) hashes.clear();
  hashes.set(authorization, hash);
}

/**
 * Refuses a caller whose role or environment does not reach.
 *
 * @param environment - the one the route is about; undefined for routes about none
 * @throws {HeadgateError} PERMISSION_DENIED
 */
export function authorize(caller: Caller, wanted: Role, environment: string | undefined): void {
  if (caller.role === 'client') {
    const message = 'this is a client key: it evaluates flags that are marked for clients, and nothing else';
    throw new HeadgateError(ErrorCode.PermissionDenied, message, {
      remedy: 'Evaluate over OFREP; servers use a token of role sdk, people one of role viewer, operator or admin.',
    });
  }
  if (!mayUse(caller.role, wanted)) {
    throw new HeadgateError(ErrorCode.PermissionDenied, `this needs the role ${wanted}; the token has ${caller.role}`, {
      remedy: 'Use a token with that role; an admin makes one with: headgate token create',
    });
  }
  if (caller.environment === null) return;
  if (environment === undefined ? wanted === 'admin' : environment !== caller.environment) {
    throw new HeadgateError(ErrorCode.PermissionDenied, `the token is good for '${caller.environment}' only`, {
      remedy: 'Use a token of this environment, or one that is good for all.',
    });
  }
}

/** The caller as decision records name it. */
export function actorOf(caller: Caller): Actor {
  return { kind: 'token', name: caller.name, role: caller.role, verified: true };
}

/** The `:env` of a request's path. */
export function environmentOf(request: FastifyRequest): string | undefined {
  return (request.params as { env?: string } | undefined)?.env;
}

function unauthenticated(): HeadgateError {
  return new HeadgateError(ErrorCode.Unauthenticated, 'this needs a valid bearer token', {
    remedy: 'Send the header: Authorization: Bearer hg_… (HEADGATE_TOKEN in the CLI).',
  });
}
