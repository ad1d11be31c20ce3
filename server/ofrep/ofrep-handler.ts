import type { IncomingMessage, ServerResponse } from 'node:http';
import { ErrorCode, HeadgateError, messageOf } from '../../core/errors';
import type { Caller } from '../http/authenticate';
import { mayUse } from '../tokens/role';
import { matchesEtag } from '../snapshot/lease-header';
import type { ChangeStreams } from '../streams/change-streams';
import { evaluateAll } from './bulk';
import type { CompiledEnvironments } from './compiled-environments';
import { allowOrigin, type CrossOrigin } from './cross-origin';
import { evaluate, withKey } from './evaluation';
import { isFault, readContext, type ContextFault } from './read-context';
import type { EvaluationContext } from '@openfeature/core';

/** What OFREP works with. */
export interface OfrepParts {
  readonly environments: CompiledEnvironments;
  readonly streams: ChangeStreams;
  readonly authenticate: (authorization: string | undefined) => Promise<Caller>;
  readonly databaseNowMs: () => number;
  readonly crossOrigin: CrossOrigin;
  readonly log: { error(fields: object, message: string): void };
}

const PREFIX = '/ofrep/v1/';
const FLAGS = 'evaluate/flags';
const STREAM = 'stream';
const BODY_LIMIT_BYTES = 64 * 1024;
const EMPTY = Buffer.alloc(0);

/**
 * OpenFeature Remote Evaluation Protocol 0.3.0: single evaluation, bulk with entity tags, and streams of changes. It answers plain `node:http`
 * requests before any framework, because services without an SDK of their own evaluate here at every request; no answer reads the database.
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
    allowOrigin(this.parts.crossOrigin, request, response);
    this.answer(request, response, path, query).catch((error: unknown) => this.refuse(response, error));
    return true;
  }

  private async answer(request: IncomingMessage, response: ServerResponse, path: string, query: string): Promise<void> {
    if (request.method === 'OPTIONS') return void response.writeHead(204).end();
    if (path === STREAM) return this.stream(request, response, query);
    const key = flagKeyOf(path);
    if (key === undefined) return send(response, 404, { errorDetails: 'OFREP has no such path' });
    if (request.method !== 'POST') {
      response.setHeader('allow', 'POST, OPTIONS');
      return send(response, 405, { errorDetails: 'evaluations are asked for with POST' });
    }
    const body = readBody(request);
    // The body is read while the caller is looked up; a refused caller's body is of no interest.
    body.catch(() => undefined);
    const caller = await this.callerOf(request);
    const context = readContextOf(await body);
    if (isFault(context)) return send(response, 400, key === null ? context : { key, ...context });
    const snapshot = await this.parts.environments.get(caller.environment);
    const nowMs = this.parts.databaseNowMs();
    if (key === null) return this.bulk(request, response, { caller, context, nowMs });
    const answer = evaluate(snapshot, key, context, { role: caller.role, nowMs });
    sendText(response, answer.status, withKey(key, answer));
  }

  private async bulk(
    request: IncomingMessage,
    response: ServerResponse,
    { caller, context, nowMs }: { caller: EvaluatingCaller; context: EvaluationContext; nowMs: number },
  ): Promise<void> {
    const snapshot = await this.parts.environments.get(caller.environment);
    const streamPath = `${PREFIX}${STREAM}?ticket=${this.parts.streams.ticketFor(caller)}`;
    const { body, etag } = evaluateAll(snapshot, context, { role: caller.role, nowMs, streamPath });
    response.setHeader('etag', etag);
    if (matchesEtag(request.headers['if-none-match'], etag)) return void response.writeHead(304).end();
    sendText(response, 200, body);
  }

  private stream(request: IncomingMessage, response: ServerResponse, query: string): void {
    if (request.method !== 'GET') {
      response.setHeader('allow', 'GET, OPTIONS');
      return send(response, 405, { errorDetails: 'streams are opened with GET' });
    }
    const holder = this.parts.streams.holderOf(new URLSearchParams(query).get('ticket') ?? '');
    if (holder === null)
      return send(response, 401, { errorDetails: 'the stream ticket is not valid, or its time is over' });
    const accepted = this.parts.streams.open(holder.environment, request, response, ({ version }) =>
      JSON.stringify({ type: 'refetchEvaluation', etag: version }),
    );
    if (accepted) return;
    response.setHeader('retry-after', '5');
    send(response, 429, { errorDetails: 'this server has as many streams open as it may' });
  }

  private async callerOf(request: IncomingMessage): Promise<EvaluatingCaller> {
    const apiKey = request.headers['x-api-key'];
    const { authorization } = request.headers;
    const bearer = authorization === undefined || authorization === '' ? keyOf(apiKey) : authorization;
    const caller = await this.parts.authenticate(bearer);
    const { role, environment } = caller;
    if ((mayUse(role, 'sdk') || mayUse(role, 'client')) && environment !== null) return { ...caller, environment };
    throw new HeadgateError(ErrorCode.PermissionDenied, 'evaluations need a token of role sdk or client');
  }

  private refuse(response: ServerResponse, error: unknown): void {
    if (response.headersSent || response.destroyed) return void response.destroy();
    const code = error instanceof HeadgateError ? error.code : ErrorCode.Internal;
    const details = { errorDetails: error instanceof HeadgateError ? messageOf(error) : 'an unexpected error' };
    switch (code) {
      case ErrorCode.Unauthenticated:
        response.setHeader('www-authenticate', 'Bearer');
        return send(response, 401, details);
      case ErrorCode.PermissionDenied:
        return send(response, 403, details);
      case ErrorCode.BodyTooLarge:
        // The rest of the body is not read, so the connection cannot be used again.
        response.setHeader('connection', 'close');
        return send(response, 400, { errorCode: 'PARSE_ERROR', ...details });
      default:
        this.parts.log.error({ err: error, code }, 'an evaluation failed');
        return send(response, 500, details);
    }
  }
}

/** A caller that may evaluate, in the one environment of its token. */
export type EvaluatingCaller = Caller & { readonly environment: string };

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

/** The API key of a header, in the words of the other header. */
function keyOf(apiKey: string | string[] | undefined): string | undefined {
  return typeof apiKey === 'string' ? `Bearer ${apiKey}` : undefined;
}

function readContextOf(body: string | null): EvaluationContext | ContextFault {
  return body === null ? { errorCode: 'PARSE_ERROR', errorDetails: 'the request was cut off' } : readContext(body);
}

/** The body as text; null when the client went away. */
function readBody(request: IncomingMessage): Promise<string | null> {
  return new Promise((resolve, reject) => {
    // Contexts nearly always come in one piece.
    let first: Buffer | null = null;
    let rest: Buffer[] | null = null;
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > BODY_LIMIT_BYTES) {
        request.pause();
        reject(new HeadgateError(ErrorCode.BodyTooLarge, `a context takes at most ${BODY_LIMIT_BYTES} bytes`));
      } else if (first === null) first = chunk;
      else (rest ??= [first]).push(chunk);
    });
    request.on('end', () => resolve((rest === null ? (first ?? EMPTY) : Buffer.concat(rest)).toString('utf8')));
    // Without an end before it, this is a client that went away.
    request.on('close', () => resolve(null));
    request.on('error', () => resolve(null));
  });
}

function send(response: ServerResponse, status: number, body: object): void {
  sendText(response, status, JSON.stringify(body));
}

function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}
