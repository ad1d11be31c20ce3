import type { IncomingMessage, ServerResponse } from 'node:http';
import { ErrorCode, HeadgateError, messageOf } from '../../core/errors';
import type { AllCompiled } from '../../flags/evaluator/snapshot';
import type { Caller } from '../http/authenticate';
import { mayUse } from '../tokens/role';
import { matchesEtag } from '../snapshot/lease-header';
import type { ChangeStreams } from '../streams/change-streams';
import { evaluateAll } from './bulk';
import type { CompiledEnvironments } from './compiled-environments';
import { allowOrigin, type CrossOrigin } from './cross-origin';
import { evaluate } from './evaluation';
import { isFault, readContext, type ContextFault } from './read-context';
import { receiveBody } from './receive-body';

/** What OFREP works with. */
export interface OfrepParts {
  readonly environments: CompiledEnvironments;
  readonly streams: ChangeStreams;
  readonly authenticate: (authorization: string | undefined) => Promise<Caller>;
  /** The same where it is known without waiting; undefined where it is not. */
  readonly knownCaller: (authorization: string | undefined) => Caller | undefined;
  readonly databaseNowMs: () => number;
  readonly crossOrigin: CrossOrigin;
  readonly log: { error(fields: object, message: string): void };
}

const PREFIX = '/ofrep/v1/';
const FLAGS = 'evaluate/flags';
const STREAM = 'stream';
const BODY_LIMIT_BYTES = 64 * 1024;
const TOO_LARGE: ContextFault = {
  errorCode: 'PARSE_ERROR',
  errorDetails: `a context takes at most ${BODY_LIMIT_BYTES} bytes`,
};
const FIXED_HEADERS = ['content-type', 'application/json; charset=utf-8', 'cache-control', 'no-store'] as const;

/**
 * OpenFeature Remote Evaluation Protocol 0.3.0: single evaluation, bulk with entity tags, and streams of changes. It
 * answers plain `node:http` requests before any framework, because services without an SDK of their own evaluate here
 * at every request; no answer reads the database.
 *
 * @see https://openfeature.dev/docs/reference/other-technologies/ofrep/
 */
export class OfrepHandler {
  constructor(private readonly parts: OfrepParts) {}

  /** Answers a request if it is one of the protocol's; false leaves it to others. */
  handle(request: IncomingMessage, response: ServerResponse): boolean {
    const url = request.url ?? '';
    if (!url.startsWith(PREFIX)) return false;
    const question = url.indexOf('?');
    const path = url.slice(PREFIX.length, question < 0 ? undefined : question);
    const query = question < 0 ? '' : url.slice(question + 1);
    try {
      allowOrigin(this.parts.crossOrigin, request, response);
      this.answer(request, response, path, query);
    } catch (error) {
      this.refuse(response, error);
    }
    return true;
  }

  private answer(request: IncomingMessage, response: ServerResponse, path: string, query: string): void {
    if (request.method === 'OPTIONS') return void response.writeHead(204).end();
    if (path === STREAM) return this.stream(request, response, query);
    const key = flagKeyOf(path);
    if (key === undefined) return send(response, 404, { errorDetails: 'OFREP has no such path' });
    if (request.method !== 'POST') {
      response.setHeader('allow', 'POST, OPTIONS');
      return send(response, 405, { errorDetails: 'evaluations are asked for with POST' });
    }
    receiveBody(request, BODY_LIMIT_BYTES, (body) => this.evaluation(request, response, key, body));
  }

  /** Answers at once where caller and flags are in memory, and after looking them up where they are not. */
  private evaluation(
    request: IncomingMessage,
    response: ServerResponse,
    key: string | null,
    body: string | null,
  ): void {
    try {
      const scene = this.knownScene(request);
      if (scene !== undefined) return this.respond(request, response, key, body, scene);
    } catch (error) {
      return this.refuse(response, error);
    }
    this.lookUpScene(request)
      .then((scene) => this.respond(request, response, key, body, scene))
      .catch((error: unknown) => this.refuse(response, error));
  }

  private respond(
    request: IncomingMessage,
    response: ServerResponse,
    key: string | null,
    body: string | null,
    { caller, snapshot }: Scene,
  ): void {
    const context = body === null ? TOO_LARGE : readContext(body);
    if (isFault(context)) {
      closeUnlessRead(response);
      return send(response, 400, key === null ? context : { key, ...context });
    }
    const { role } = caller;
    const nowMs = this.parts.databaseNowMs();
    if (key !== null) {
      const { status, text, bytes } = evaluate(snapshot, key, context, { role, nowMs });
      return sendText(response, status, text, bytes);
    }
    const streamPath = `${PREFIX}${STREAM}?ticket=${this.parts.streams.ticketFor(caller)}`;
    const { body: text, etag } = evaluateAll(snapshot, context, { role, nowMs, streamPath });
    response.setHeader('etag', etag);
    if (matchesEtag(request.headers['if-none-match'], etag)) return void response.writeHead(304).end();
    sendText(response, 200, text);
  }

  private knownScene(request: IncomingMessage): Scene | undefined {
    const known = this.parts.knownCaller(authorizationOf(request));
    if (known === undefined) return undefined;
    const caller = evaluating(known);
    const snapshot = this.parts.environments.peek(caller.environment);
    return snapshot === undefined ? undefined : { caller, snapshot };
  }

  private async lookUpScene(request: IncomingMessage): Promise<Scene> {
    const caller = evaluating(await this.parts.authenticate(authorizationOf(request)));
    return { caller, snapshot: await this.parts.environments.get(caller.environment) };
  }

  private stream(request: IncomingMessage, response: ServerResponse, query: string): void {
    if (request.method !== 'GET') {
      response.setHeader('allow', 'GET, OPTIONS');
      return send(response, 405, { errorDetails: 'streams are opened with GET' });
    }
    const holder = this.parts.streams.holderOf(new URLSearchParams(query).get('ticket') ?? '');
    if (holder === null)
      return send(response, 401, { errorDetails: 'the stream ticket is not valid, or its time is over' });
    const accepted = this.parts.streams.open(holder.environment, request, response, ({ version }) => ({
      data: JSON.stringify({ type: 'refetchEvaluation', etag: version }),
    }));
    if (accepted) return;
    response.setHeader('retry-after', '5');
    send(response, 429, { errorDetails: 'this server has as many streams open as it may' });
  }

  private refuse(response: ServerResponse, error: unknown): void {
    if (response.headersSent || response.destroyed) return void response.destroy();
    closeUnlessRead(response);
    const code = error instanceof HeadgateError ? error.code : ErrorCode.Internal;
    const details = { errorDetails: error instanceof HeadgateError ? messageOf(error) : 'an unexpected error' };
    switch (code) {
      case ErrorCode.Unauthenticated:
        response.setHeader('www-authenticate', 'Bearer');
        return send(response, 401, details);
      case ErrorCode.PermissionDenied:
        return send(response, 403, details);
      default:
        this.parts.log.error({ err: error, code }, 'an evaluation failed');
        return send(response, 500, details);
    }
  }
}

/** A caller that may evaluate, in the one environment of its token. */
export type EvaluatingCaller = Caller & { readonly environment: string };

/** Who asks, and the flags asked about. */
interface Scene {
  readonly caller: EvaluatingCaller;
  readonly snapshot: AllCompiled;
}

/** The flag a path is about; null for all of them, undefined for a path that is none of the protocol's. */
function flagKeyOf(path: string): string | null | undefined {
  if (path === FLAGS) return null;
  if (!path.startsWith(`${FLAGS}/`)) return undefined;
  const encoded = path.slice(FLAGS.length + 1);
  if (encoded === '' || encoded.includes('/')) return undefined;
  if (!encoded.includes('%')) return encoded;
  try {
    return decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}

/** What a request says about its caller: the one header, or the API key of the other in the same words. */
function authorizationOf({ headers }: IncomingMessage): string | undefined {
  const { authorization } = headers;
  if (authorization !== undefined && authorization !== '') return authorization;
  const apiKey = headers['x-api-key'];
  return typeof apiKey === 'string' ? `Bearer ${apiKey}` : undefined;
}

/** @throws {HeadgateError} PERMISSION_DENIED for a caller that may not evaluate */
function evaluating(caller: Caller): EvaluatingCaller {
  const { role, environment } = caller;
  if (environment !== null && (mayUse(role, 'sdk') || mayUse(role, 'client'))) return caller as EvaluatingCaller;
  throw new HeadgateError(ErrorCode.PermissionDenied, 'evaluations need a token of role sdk or client');
}

/** Of a body that is too large the rest is not read, so the connection cannot be used again, whatever is answered. */
function closeUnlessRead(response: ServerResponse): void {
  if (!response.req.complete) response.setHeader('connection', 'close');
}

function send(response: ServerResponse, status: number, body: object): void {
  sendText(response, status, JSON.stringify(body));
}

function sendText(response: ServerResponse, status: number, text: string, bytes = Buffer.byteLength(text)): void {
  response.writeHead(status, [...FIXED_HEADERS, 'content-length', String(bytes)]);
  response.end(text);
}
