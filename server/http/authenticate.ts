import type { FastifyRequest } from 'fastify';
import { ErrorCode, HeadgateError } from '../../core/errors';
import type { Actor } from '../../flags/document/decision-record';
import { mayUse, type Role } from '../tokens/role';
import { isSecretOf, parseToken } from '../tokens/token-text';

/** What is kept of a token. */
export interface KnownToken {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  /** The one environment it is good for; null for all. */
  readonly environment: string | null;
  readonly secretHash: string;
  readonly revoked: boolean;
}

/** Who calls. */
export interface Caller {
  readonly tokenId: string;
  readonly name: string;
  readonly role: Role;
  readonly environment: string | null;
}

/** Compared with when the id is unknown, so that unknown ids take as long as wrong secrets. */
const NOBODY = '0'.repeat(64);

/**
 * Finds out who calls from the bearer token.
 *
 * @param find - looks a token up by its id; null when there is none
 * @throws {HeadgateError} UNAUTHENTICATED without a token that is known, right and not revoked; whatever `find` throws
 */
export async function authenticate(
  authorization: string | undefined,
  find: (id: string) => Promise<KnownToken | null>,
): Promise<Caller> {
  const [scheme = '', text = ''] = (authorization ?? '').split(' ', 2);
  const parsed = scheme.toLowerCase() === 'bearer' ? parseToken(text) : null;
  if (parsed === null) throw unauthenticated();
  const token = await find(parsed.id);
  const fits = isSecretOf(parsed.secret, token?.secretHash ?? NOBODY);
  if (token === null || !fits || token.revoked) throw unauthenticated();
  return { tokenId: token.id, name: token.name, role: token.role, environment: token.environment };
}

/**
 * Refuses a caller whose role or environment does not reach.
 *
 * @param environment - the one the route is about; undefined for routes about none
 * @throws {HeadgateError} PERMISSION_DENIED
 */
export function authorize(caller: Caller, wanted: Role, environment: string | undefined): void {
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
