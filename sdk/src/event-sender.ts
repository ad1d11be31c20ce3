import { randomUUID } from 'node:crypto';
import type { Clock } from '../../core/clock';
import type { EventBatch } from '../../metrics/events';
import { backoffMs } from './backoff';
import type { EventQueue } from './event-queue';
import type { SenderStats } from './stats';
import type { Transport } from './transport';
import { retryAfterMs } from './wire';
import { withDeadline } from './with-deadline';

/** Events in one batch: a body of about 100 kB. */
export const BATCH_EVENTS = 500;
const LONGEST_PAUSE_MS = 30_000;

/** What {@link EventSender} needs. */
export interface EventSenderOptions {
  readonly url: string;
  readonly token: string;
  readonly requestTimeoutMs: number;
  readonly flushIntervalMs: number;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly databaseNow: () => number;
  /** Called when the server will not take a batch. */
  readonly refused: (status: number) => void;
}

/**
 * Sends waiting events in batches, one at a time. A batch keeps its id and instant until the server has answered for
 * good, so that a repeated one is counted once.
 */
export class EventSender {
  readonly #options: EventSenderOptions;
  readonly #queue: EventQueue;
  #batch: EventBatch | undefined;
  #sending: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  #notBeforeMonotonicMs = Number.NEGATIVE_INFINITY;
  #stats = { sentEvents: 0, sentBatches: 0, retries: 0, droppedBatches: 0, droppedEvents: 0 };

  constructor(options: EventSenderOptions, queue: EventQueue) {
    this.#options = options;
    this.#queue = queue;
  }

  get stats(): SenderStats {
    return { ...this.#stats };
  }

  /** Events of a batch under way. */
  get inFlight(): number {
    return this.#batch?.events.length ?? 0;
  }

  /** Begins to send, every flush interval. */
  start(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setInterval(() => void this.flush(), this.#options.flushIntervalMs);
    this.#timer.unref();
  }

  /** Sends what waits, unless a pause after a failure is on. Never rejects. */
  flush(stop?: AbortSignal): Promise<void> {
    if (this.#sending !== undefined) return this.#sending;
    if (this.#options.clock.monotonicMs() < this.#notBeforeMonotonicMs) return Promise.resolve();
    this.#sending = this.#sendAll(stop).finally(() => (this.#sending = undefined));
    return this.#sending;
  }

  /** Sends what waits, trying within `timeoutMs` and no longer; what is left is counted as dropped. */
  async close(timeoutMs: number): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    const stop = AbortSignal.timeout(timeoutMs);
    const isOver = new Promise<void>((resolve) => {
      if (stop.aborted) resolve();
      stop.addEventListener('abort', () => resolve(), { once: true });
    });
    await Promise.race([this.#sending, isOver]);
    this.#notBeforeMonotonicMs = Number.NEGATIVE_INFINITY;
    await Promise.race([this.flush(stop), isOver]);
    const left = this.inFlight + this.#queue.take(Number.POSITIVE_INFINITY).length;
    if (this.#batch !== undefined) this.#stats.droppedBatches += 1;
    this.#stats.droppedEvents += left;
    this.#batch = undefined;
  }

  async #sendAll(stop: AbortSignal | undefined): Promise<void> {
    while (this.#batch !== undefined || this.#queue.length > 0) {
      this.#batch ??= {
        batchId: randomUUID(),
        createdAt: this.#options.databaseNow(),
        events: this.#queue.take(BATCH_EVENTS),
      };
      const batch = this.#batch;
      const isDone = await this.#send(batch, stop);
      // Given up by close() meanwhile.
      if (this.#batch !== batch) return;
      if (!isDone) return;
      this.#batch = undefined;
      this.#failures = 0;
    }
  }

  /** @returns whether the batch is done with, taken or refused */
  async #send(batch: EventBatch, stop: AbortSignal | undefined): Promise<boolean> {
    const { url, token, requestTimeoutMs, transport, clock } = this.#options;
    let askedMs: number | undefined;
    try {
      const response = await withDeadline(requestTimeoutMs, stop, async (signal) => {
        const answer = await transport.send(`${url}/v1/events`, {
          method: 'POST',
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          body: JSON.stringify(batch),
          signal,
        });
        await answer.discard();
        return answer;
      });
      const { status } = response;
      if (status >= 200 && status < 300) {
        this.#stats.sentBatches += 1;
        this.#stats.sentEvents += batch.events.length;
        return true;
      }
      if (status >= 400 && status < 500 && status !== 408 && status !== 429) {
        this.#stats.droppedBatches += 1;
        this.#stats.droppedEvents += batch.events.length;
        this.#options.refused(status);
        return true;
      }
      askedMs = retryAfterMs(response.header('retry-after'), clock.now());
    } catch {
      // Unreachable, too slow or stopped: the same as an answer to try again.
    }
    this.#failures += 1;
    this.#stats.retries += 1;
    const pause = { firstMs: 250, longestMs: LONGEST_PAUSE_MS, random: Math.random(), askedMs };
    this.#notBeforeMonotonicMs = clock.monotonicMs() + backoffMs(this.#failures, pause);
    return false;
  }
}
