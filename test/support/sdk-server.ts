import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { EventBatch, type MetricEvent } from '../../metrics/events';
import { CHANGES_EVENT, CHANGES_OF_LINES, FLAG_LINES, IM_USED } from '../../flags/evaluator/flag-line';
import type { SdkFlag, SdkSegment, Tombstone } from '../../flags/evaluator/resolution';
import { tagIn } from '../../server/snapshot/lease-header';
import { sentFlag, sentSegments, type SentFlag, type SentSegment } from '../../server/snapshot/sent';
import { SnapshotHistory } from '../../server/snapshot/snapshot-history';
import { EventStream } from '../../server/streams/event-stream';
import { SnapshotTexts } from '../../server/snapshot/snapshot-texts';

/**
 * A server of the SDK's side of the API on a real socket, with state that a test sets: flags, leases and how it
 * behaves. Batches are checked by the schema of ingestion and counted once.
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
  /** Whether there is a stream of changes. */
  streams = false;
  /** False: as servers were before flags were lines. */
  knowsLines = true;
  delayMs = 0;
  /** What polls wait for before they are answered, and how many do. */
  gate: Promise<void> | undefined;
  waiting = 0;
  /** Statuses answered to polls so far, and ids of all batches received, repeats included. */
  readonly polls: number[] = [];
  readonly batchIds: string[] = [];
  readonly batches = new Map<string, EventBatch>();
  readonly #sockets = new Set<Socket>();
  readonly #streams = new Set<EventStream>();
  readonly #sent = new Map<string, SentFlag>();
  readonly #history = new SnapshotHistory();
  #segments: readonly SentSegment[] = [];
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
    else if (request.url === '/v1/sdk/snapshot') {
      this.waiting += 1;
      await this.gate;
      this.waiting -= 1;
      this.#snapshot(request, response);
    } else if (request.url === '/v1/sdk/stream' && this.streams) this.#stream(response);
    else if (request.url === '/v1/events') this.#events(Buffer.concat(chunks).toString(), response);
    else response.writeHead(404).end();
  }

  /** Tells those who follow what has changed since an entity tag, or, without one, that something has. */
  tell(since?: string): void {
    const texts = this.#texts(this.#sentFlags());
    const changes =
      since === undefined ? undefined : texts.changesSince(since, { leases: this.#leasesLeft(), timeMs: Date.now() });
    const message = changes === undefined ? { data: '{}' } : { event: CHANGES_EVENT, data: changes.toString() };
    for (const stream of this.#streams) stream.send({ id: texts.etag, ...message });
  }

  /** How many follow. */
  get followers(): number {
    return this.#streams.size;
  }

  /** The entity tag of the flags as they are. */
  get etag(): string {
    return this.#texts(this.#sentFlags()).etag;
  }

  #stream(response: ServerResponse): void {
    const stream = new EventStream(response, {}, () => this.#streams.delete(stream));
    this.#streams.add(stream);
  }

  #sentFlags(): (SdkFlag | Tombstone)[] {
    return [...this.flags]
      .sort((a, b) => (a.key < b.key ? -1 : 1))
      .map((flag) => (flag.deleted ? { key: flag.key, revision: flag.revision, deleted: true as const } : flag));
  }

  #leasesLeft(): number[] {
    const { leases } = this;
    return this.#sentFlags().flatMap((flag) =>
      'rollout' in flag && flag.rollout ? [leases[flag.rollout.id] ?? -1] : [],
    );
  }

  #snapshot(request: IncomingMessage, response: ServerResponse): void {
    if (this.snapshotStatus !== undefined) {
      this.polls.push(this.snapshotStatus);
      response.writeHead(this.snapshotStatus).end();
      return;
    }
    const { leases } = this;
    const texts = this.#texts(this.#sentFlags());
    const timeMs = Date.now() + this.aheadMs;
    const remaining = this.#leasesLeft();
    const isLines = this.knowsLines && request.headers.accept?.includes(FLAG_LINES) === true;
    const headers = {
      etag: isLines ? `W/${texts.etag}` : texts.etag,
      'headgate-time': String(timeMs),
      'headgate-leases': remaining.join(','),
      ...(isLines && { 'content-type': FLAG_LINES }),
    };
    const known = tagIn(request.headers['if-none-match']);
    const moment = { leases: remaining, timeMs };
    const changes = isLines && request.headers['a-im'] === CHANGES_OF_LINES && texts.changesSince(known, moment);
    const status = known === texts.etag ? 304 : changes ? IM_USED : 200;
    this.polls.push(status);
    response.writeHead(status, headers);
    if (status === 304) response.end();
    else if (isLines) response.end(changes || texts.lines(moment));
    else response.end(`${texts.openJson},${JSON.stringify({ leases, timeMs }).slice(1)}`);
  }

  /** The real server's, so that flags change from one answer to the next as they do there. */
  #texts(flags: readonly (SdkFlag | Tombstone)[]): SnapshotTexts {
    const sent = flags.map((flag) => {
      const made = sentFlag(flag);
      const key = made.digest.toString('hex');
      this.#sent.set(key, this.#sent.get(key) ?? made);
      return this.#sent.get(key)!;
    });
    this.#segments = sentSegments(this.segments, this.#segments);
    return new SnapshotTexts(this.environment, { flags: sent, segments: this.#segments }, this.#history);
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
