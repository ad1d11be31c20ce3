import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { EventBatch, type MetricEvent } from '../../metrics/events';
import type { SdkFlag, SdkSegment } from '../../flags/evaluator/resolution';

/**
 * A server of the SDK's side of the API on a real socket, with state that a test sets: flags, leases and how it behaves. Batches are
 * checked by the schema of ingestion and counted once.
 */
export class SdkServer {
  flags: SdkFlag[] = [];
  segments: SdkSegment[] = [];
  environment = 'test';
  /** Remaining milliseconds by rollout id. */
  leases: Record<string, number> = {};
  token = 'secret';
  /** How far the database's clock is ahead of the machine's. */
  aheadMs = 0;
  /** Answers every poll or batch with this status instead. */
  snapshotStatus: number | undefined;
  eventsStatus: number | undefined;
  /** Takes a batch but loses the answer. */
  loseAnswers = false;
  delayMs = 0;
  /** Statuses answered to polls so far, and ids of all batches received, repeats included. */
  readonly polls: number[] = [];
  readonly batchIds: string[] = [];
  readonly batches = new Map<string, EventBatch>();
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #port = 0;

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Events of all batches, each batch once. */
  get events(): MetricEvent[] {
    return [...this.batches.values()].flatMap(({ events }) => events);
  }

  /** Listens; after a stop, on the same port again. */
  async start(): Promise<this> {
    const server = createServer((request, response) => void this.#answer(request, response));
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
    return this;
  }

  /** Dies: connections are cut. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const closed = new Promise((resolve) => server.close(resolve));
    this.#sockets.forEach((socket) => socket.destroy());
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (this.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, this.delayMs).unref());
    if (request.headers.authorization !== `Bearer ${this.token}`) response.writeHead(401).end('{}');
    else if (request.url === '/v1/sdk/snapshot') this.#snapshot(request, response);
    else if (request.url === '/v1/events') this.#events(Buffer.concat(chunks).toString(), response);
    else response.writeHead(404).end();
  }

  #snapshot(request: IncomingMessage, response: ServerResponse): void {
    if (this.snapshotStatus !== undefined) {
      this.polls.push(this.snapshotStatus);
      response.writeHead(this.snapshotStatus).end();
      return;
    }
    const flags = [...this.flags]
      .sort((a, b) => (a.key < b.key ? -1 : 1))
      .map((flag) => (flag.deleted ? { key: flag.key, revision: flag.revision, deleted: true } : flag));
    const { environment, segments, leases } = this;
    const etag = `"${createHash('sha256').update(JSON.stringify({ environment, flags, segments })).digest('hex')}"`;
    const timeMs = Date.now() + this.aheadMs;
    const remaining = flags.flatMap((flag) =>
      'rollout' in flag && flag.rollout ? [leases[flag.rollout.id] ?? -1] : [],
    );
    const headers = { etag, 'headgate-time': String(timeMs), 'headgate-leases': remaining.join(',') };
    const isKnown = request.headers['if-none-match'] === etag;
    this.polls.push(isKnown ? 304 : 200);
    if (isKnown) response.writeHead(304, headers).end();
    else response.writeHead(200, headers).end(JSON.stringify({ environment, etag, flags, segments, leases, timeMs }));
  }

  #events(text: string, response: ServerResponse): void {
    const batch = EventBatch.parse(JSON.parse(text));
    this.batchIds.push(batch.batchId);
    if (this.eventsStatus !== undefined) {
      response.writeHead(this.eventsStatus, { 'retry-after': '0' }).end();
      return;
    }
    const duplicate = this.batches.has(batch.batchId);
    if (!duplicate) this.batches.set(batch.batchId, batch);
    if (this.loseAnswers) response.destroy();
    else response.writeHead(202).end(JSON.stringify({ accepted: batch.events.length, duplicate }));
  }
}

/** Waits until `condition` holds, looking often; fails after `timeoutMs`. */
export async function eventually(condition: () => boolean, timeoutMs = 10_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`not so within ${timeoutMs} ms: ${String(condition)}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** The machine's clocks, and the hand of a test that moves them. */
export function movableClock() {
  let aheadMs = 0;
  let monotonicAheadMs = 0;
  return {
    now: () => Date.now() + aheadMs,
    monotonicMs: () => performance.now() + monotonicAheadMs,
    /** Time passes. */
    pass(ms: number): void {
      aheadMs += ms;
      monotonicAheadMs += ms;
    },
    /** Somebody sets the machine's time. */
    setWall(ms: number): void {
      aheadMs += ms;
    },
  };
}
