import type { FastifyBaseLogger, FastifyInstance, FastifyReply, RouteGenericInterface } from 'fastify';
import type { IncomingMessage } from 'node:http';
import type { z } from 'zod';
import { ErrorCode, ValidationError } from '../../core/errors';
import type { Role } from '../tokens/role';
import { authorize, environmentOf, type Caller } from './authenticate';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Successful requests of this route are logged at trace only. */
    quiet?: boolean;
  }
}

/** One answer a route may give. */
export interface RouteAnswer {
  readonly description: string;
  /** Absent for answers without a body. */
  readonly schema?: z.ZodType;
}

/** A request after validation. */
export interface RouteRequest<P, Q, B> {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  readonly caller: Caller;
  /** Header values by lower-case name; of repeated ones the first. */
  readonly header: (name: string) => string | undefined;
  readonly reply: FastifyReply;
  /** The request as it came, for answers that are streams. */
  readonly raw: IncomingMessage;
  readonly log: FastifyBaseLogger;
}

/** One route: what it takes, who may, what it answers. The OpenAPI document is made of these. */
export interface Route<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType> {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  readonly path: string;
  readonly id: string;
  readonly tag: string;
  readonly summary: string;
  readonly role: Role;
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  readonly bodyLimit?: number;
  /** Milliseconds the handler may take; the server's own limit when omitted. */
  readonly timeoutMs?: number;
  /** Successes are logged at trace only. */
  readonly quiet?: boolean;
  readonly answers: Readonly<Record<number, RouteAnswer>>;
  readonly handle: (request: RouteRequest<z.infer<P>, z.infer<Q>, z.infer<B>>) => Promise<unknown>;
}

/** A route without its types: for listing. */
export type AnyRoute = Omit<Route<z.ZodType, z.ZodType, z.ZodType>, 'handle'>;

/** Adds routes to a server and remembers what they are. */
export class RouteTable {
  readonly routes: AnyRoute[] = [];

  constructor(
    private readonly app: FastifyInstance,
    private readonly authenticate: (authorization: string | undefined) => Promise<Caller>,
  ) {}

  /** Adds one: who calls is settled before the body is read, and the body is validated before the handler runs. */
  add<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType>(route: Route<P, Q, B>): void {
    this.routes.push(route);
    const callers = new WeakMap<object, Caller>();
    this.app.route<RouteGenericInterface>({
      method: route.method,
      url: route.path,
      ...(route.bodyLimit === undefined ? {} : { bodyLimit: route.bodyLimit }),
      ...(route.timeoutMs === undefined ? {} : { handlerTimeout: route.timeoutMs }),
      config: { quiet: route.quiet ?? false },
      onRequest: async (request) => {
        const caller = await this.authenticate(request.headers.authorization);
        authorize(caller, route.role, environmentOf(request));
        callers.set(request, caller);
      },
      handler: async (request, reply) => {
        const caller = callers.get(request);
        if (caller === undefined) throw new Error('a handler ran without a caller');
        return route.handle({
          params: parse(route.params, request.params, 'the path'),
          query: parse(route.query, request.query, 'the query'),
          body: parse(route.body, request.body ?? undefined, 'the body'),
          caller,
          header: (name) => [request.headers[name]].flat()[0],
          reply,
          raw: request.raw,
          log: request.log,
        });
      },
    });
  }
}

/**
 * Validates by a schema.
 *
 * @throws {ValidationError} INVALID_ARGUMENT with every field that is wrong
 */
export function parse<S extends z.ZodType>(schema: S, value: unknown, subject: string): z.infer<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.slice(0, 50).map(({ path, message }) => ({ field: fieldOf(path), message }));
  throw new ValidationError(ErrorCode.InvalidArgument, subject, issues);
}

function fieldOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, part) =>
      typeof part === 'number' ? `${text}[${part}]` : text === '' ? String(part) : `${text}.${String(part)}`,
    '',
  );
}
