import { z } from 'zod';
import { ErrorCode, HeadgateError } from '../../core/errors';
import { EnvironmentName } from '../../flags/document/identifiers';
import type { TokenDocument } from '../../store/tokens-repository';
import type { ServerContext } from '../context';
import type { RouteTable } from '../http/route';
import { createToken } from '../tokens/create-token';
import { Role } from '../tokens/role';
import { NoBody, Nothing } from './parameters';

const tag = 'tokens';
const CreateBody = z.strictObject({
  /** Who or what holds it; decision records name it so. */
  name: z.string().min(1).max(100),
  role: Role,
  /** The one environment it is good for; `sdk` tokens must have one. */
  environment: EnvironmentName.optional(),
});
const TokenView = z.object({
  id: z.string(),
  name: z.string(),
  role: Role,
  environment: z.string().optional(),
  createdBy: z.string(),
  createdAt: z.string(),
  revokedAt: z.string().optional(),
});
const NewTokenView = TokenView.extend({ token: z.string() });

/** Tokens: creating, listing, revoking. */
export function addTokenRoutes(routes: RouteTable, context: ServerContext, forgetLookUps: () => void): void {
  routes.add({
    method: 'POST',
    path: '/v1/tokens',
    id: 'createToken',
    tag,
    summary: 'Creates a token; its text is in this answer and nowhere else, ever',
    role: 'admin',
    params: Nothing,
    query: Nothing,
    body: CreateBody,
    answers: { 201: { description: 'The token, with its text.', schema: NewTokenView } },
    async handle({ body, caller, reply, log }) {
      const created = await createToken(context.tokens, body, caller.name, context.databaseNowMs());
      log.info({ tokenId: created.document._id, role: body.role, environment: body.environment }, 'token created');
      void reply.code(201).header('cache-control', 'no-store');
      return { ...viewOf(created.document), token: created.text };
    },
  });

  routes.add({
    method: 'GET',
    path: '/v1/tokens',
    id: 'listTokens',
    tag,
    summary: 'All tokens without their text, oldest first, revoked ones included',
    role: 'admin',
    params: Nothing,
    query: Nothing,
    body: NoBody,
    answers: { 200: { description: 'The tokens.', schema: z.array(TokenView) } },
    async handle() {
      return (await context.tokens.list()).map(viewOf);
    },
  });

  routes.add({
    method: 'DELETE',
    path: '/v1/tokens/:id',
    id: 'revokeToken',
    tag,
    summary: 'Revokes a token; every server refuses it within five seconds',
    role: 'admin',
    params: z.strictObject({
      id: z.string().regex(/^[a-z0-9]{12}$/, 'is no id of a token: list them with headgate token list'),
    }),
    query: Nothing,
    body: NoBody,
    answers: { 204: { description: 'It is revoked.' } },
    async handle({ params: { id }, reply, log }) {
      const revoked = await context.tokens.revoke(id, new Date(context.databaseNowMs()).toISOString());
      forgetLookUps();
      if (!revoked) {
        throw new HeadgateError(ErrorCode.TokenNotFound, `there is no token '${id}' to revoke`, {
          remedy: 'List them with: headgate token list',
        });
      }
      log.info({ tokenId: id }, 'token revoked');
      return reply.code(204).send();
    },
  });
}

function viewOf({ _id: id, hash: _, ...rest }: TokenDocument): z.infer<typeof TokenView> {
  return { id, ...rest };
}
