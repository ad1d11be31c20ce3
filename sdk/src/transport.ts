import { Agent, request as requestHttp, type ClientRequest, type IncomingMessage } from 'node:http';

/** What is asked of a server. */
export interface HttpRequest {
  readonly method?: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
  /** Whether waiting for the rest of the answer is no reason for the process to live. */
  readonly isIdle?: boolean;
}

/** The beginning of an answer, whose rest is read or let go of. */
export interface HttpAnswer {
  readonly status: number;
  header(name: string): string | undefined;
  /** The whole body; rejects when it was cut off. */
  read(): Promise<Buffer>;
  /** The body as it arrives. */
  parts(): AsyncIterable<Uint8Array>;
  discard(): Promise<void>;
}

/** Sends requests. Rejects where there is no answer. */
export interface Transport {
  send(url: string, request: HttpRequest): Promise<HttpAnswer>;
  /** Ends connections that are kept for later. */
  close(): void;
}

/** Larger bodies are gathered as they come, so that a wrong length costs no memory. */
const MOST_RESERVED_BYTES = 64 * 1024 * 1024;

/**
 * Requests by `node:http`, over connections that are kept. The global `fetch` does the same, and its first call alone
 * takes longer than all else that a service waits for before its flags are there.
 */
export function nodeTransport(): Transport {
  const agents = new Map<string, Agent>();
  const open = async (url: string): Promise<{ request: typeof requestHttp; agent: Agent }> => {
    const { protocol } = new URL(url);
    // Loaded where it is needed: TLS takes its time too.
    const https = protocol === 'https:' ? await import('node:https') : undefined;
    const agent = agents.get(protocol) ?? new (https?.Agent ?? Agent)({ keepAlive: true });
    agents.set(protocol, agent);
    return { request: https?.request ?? requestHttp, agent };
  };
  return {
    async send(url, sent) {
      const { request, agent } = await open(url);
      const once = (): Promise<HttpAnswer> => attempt(request, agent, url, sent);
      return once().catch((error: unknown) => {
        // The server closed a kept connection just as it was used again; nothing has been asked yet.
        if (error instanceof KeptTooLong && !sent.signal.aborted) return once();
        throw error;
      });
    },
    close: () => agents.forEach((agent) => agent.destroy()),
  };
}

/** Requests by `fetch`, looked up at each call. */
export function fetchTransport(request: typeof fetch): Transport {
  return {
    async send(url, sent) {
      const response = await request(url, sent);
      return {
        status: response.status,
        header: (name) => response.headers.get(name) ?? undefined,
        read: async () => Buffer.from(await response.arrayBuffer()),
        parts: () => response.body ?? nothing(),
        discard: async () => response.body?.cancel(),
      };
    },
    close: () => undefined,
  };
}

class KeptTooLong extends Error {}

function attempt(
  request: typeof requestHttp,
  agent: Agent,
  url: string,
  { method = 'GET', headers, body, signal, isIdle = false }: HttpRequest,
): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? undefined : { 'content-length': String(Buffer.byteLength(body)) };
    const sent: ClientRequest = request(url, {
      method,
      agent,
      headers: { 'accept-encoding': 'gzip', ...headers, ...length },
      signal,
    });
    sent.on('error', (error: NodeJS.ErrnoException) => {
      const isKeptTooLong = sent.reusedSocket && error.code === 'ECONNRESET';
      // What a signal says of its abortion is the reason; the request says only that there was one.
      reject(isKeptTooLong ? new KeptTooLong(error.message) : signal.aborted ? asError(signal.reason, error) : error);
    });
    if (isIdle) sent.once('socket', (socket) => socket.unref());
    sent.once('response', (response) => resolve(answerOf(response)));
    sent.end(body);
  });
}

function answerOf(response: IncomingMessage): HttpAnswer {
  const { statusCode = 0, headers } = response;
  return {
    status: statusCode,
    header: (name) => [headers[name]].flat()[0],
    read: () => readBody(response),
    parts: () => response,
    discard: async () => void response.resume(),
  };
}

async function readBody(response: IncomingMessage): Promise<Buffer> {
  const { headers } = response;
  if (headers['content-encoding'] === 'gzip') {
    const { createGunzip } = await import('node:zlib');
    const { pipeline } = await import('node:stream/promises');
    const parts: Buffer[] = [];
    await pipeline(response, createGunzip(), async (body: AsyncIterable<Buffer>) => {
      for await (const part of body) parts.push(part);
    });
    return Buffer.concat(parts);
  }
  const length = Number(headers['content-length'] ?? Number.NaN);
  const isKnown = Number.isSafeInteger(length) && length <= MOST_RESERVED_BYTES;
  return isKnown ? readInto(response, Buffer.allocUnsafeSlow(length)) : readParts(response);
}

/** Into one place from the start, so that a large answer is never there twice. */
function readInto(response: IncomingMessage, body: Buffer): Promise<Buffer> {
  let at = 0;
  return whole(response, (part) => (at += part.copy(body, at))).then(() => body);
}

function readParts(response: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  return whole(response, (part) => parts.push(part)).then(() => Buffer.concat(parts));
}

function whole(response: IncomingMessage, take: (part: Buffer) => unknown): Promise<void> {
  return new Promise((resolve, reject) => {
    response.on('data', take);
    response.once('end', resolve);
    response.once('error', reject);
  });
}

function asError(reason: unknown, otherwise: Error): Error {
  return reason instanceof Error ? reason : otherwise;
}

async function* nothing(): AsyncGenerator<Uint8Array> {
  // No body has no parts.
}
