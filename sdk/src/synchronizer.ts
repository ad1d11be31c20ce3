import { messageOf } from '../../core/errors';
import { backoffMs } from './backoff';
import { NO_CHANGES, type Changes } from './changes';
import { ChangeStream } from './change-stream';
import type { DatabaseClock } from './database-clock';
import { fetchSnapshot, type Answer, type SnapshotClientOptions } from './snapshot-client';
import type { SnapshotAnswer } from './snapshot-document';
import type { SnapshotState } from './snapshot-state';

/** Longest pause between attempts while the server is lost: an operator's switch should reach us soon after its return. */
const LONGEST_PAUSE_MS = 5000;

/** Between polls while a stream tells of changes: they then only keep leases alive. */
const STREAMED_POLL_MS = 5000;
/** A lease is asked after this many times in its life. */
const POLLS_IN_A_LEASE = 4;

/** What the rest of the provider wants to hear of synchronization. */
export interface SyncListener {
  /** The flags are those of the server now; `changes` are flags that may evaluate differently. */
  synced(changes: Changes): void;
  /** An attempt failed; `isRefused` when the token was not accepted. `failures` counts attempts in a row. */
  failed(message: string, failures: number, isRefused: boolean): void;
}

/**
 * Keeps {@link SnapshotState} current by conditional requests, one at a time: at once when the server's stream says
 * that something has changed, and regularly in any case.
 */
export class Synchronizer {
  readonly #options: SnapshotClientOptions & { readonly pollIntervalMs: number };
  readonly #state: SnapshotState;
  readonly #databaseClock: DatabaseClock;
  readonly #listener: SyncListener;
  #stop: AbortController | undefined;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  readonly #stream: ChangeStream | undefined;
  #isStreaming = false;
  #isPolling = false;
  #isAskedAgain = false;

  constructor(
    options: SnapshotClientOptions & { readonly pollIntervalMs: number; readonly streaming: boolean },
    state: SnapshotState,
    databaseClock: DatabaseClock,
    listener: SyncListener,
  ) {
    this.#options = options;
    this.#state = state;
    this.#databaseClock = databaseClock;
    this.#listener = listener;
    if (!options.streaming) return;
    this.#stream = new ChangeStream(options, {
      knownEtag: () => state.etag,
      changed: (changes) => this.#changed(changes),
      connected: (isConnected) => (this.#isStreaming = isConnected),
    });
  }

  /** Starts polling, with a first request at once. */
  start(): void {
    if (this.#stop !== undefined) return;
    this.#stop = new AbortController();
    this.#failures = 0;
    this.#isPolling = false;
    // The stream begins where the first answer ends, so that it need not tell of what is on its way already.
    const { signal } = this.#stop;
    void this.#poll(signal).then(() => (signal.aborted ? undefined : this.#stream?.start()));
  }

  /** Stops polling and drops a request under way. */
  stop(): void {
    this.#stop?.abort();
    this.#stop = undefined;
    this.#stream?.stop();
    this.#isStreaming = false;
    clearTimeout(this.#timer);
  }

  /** What the stream told; it is asked for where that cannot be taken over as it is. */
  #changed(told: SnapshotAnswer | undefined): void {
    const isTakenOver = told !== undefined && this.#stop !== undefined && this.#failures === 0;
    const changes = isTakenOver ? this.#state.apply(told, told.etag, undefined) : undefined;
    if (changes !== undefined) this.#listener.synced(changes);
    if (changes === undefined || this.#state.wantsLeases) this.#askNow();
  }

  #askNow(): void {
    const stop = this.#stop?.signal;
    if (stop === undefined) return;
    // What is under way may have been answered before the change.
    if (this.#isPolling) {
      this.#isAskedAgain = true;
      return;
    }
    clearTimeout(this.#timer);
    void this.#poll(stop);
  }

  async #poll(stop: AbortSignal): Promise<void> {
    let askedMs: number | undefined;
    this.#isPolling = true;
    do {
      this.#isAskedAgain = false;
      try {
        askedMs = await this.#ask(stop);
      } catch (error) {
        if (!stop.aborted) this.#fail(reasonOf(error), false);
      }
      if (stop.aborted) return;
    } while (this.#isAskedAgain && this.#failures === 0);
    this.#isPolling = false;
    this.#timer = setTimeout(() => void this.#poll(stop), this.#pauseMs(askedMs));
    this.#timer.unref();
  }

  /** @returns milliseconds that the server asked to be left alone */
  async #ask(stop: AbortSignal): Promise<number | undefined> {
    const { etag } = this.#state;
    const answer = await fetchSnapshot(this.#options, etag, stop);
    if (stop.aborted) return undefined;
    if (answer.kind === 'refused') {
      const isRefused = answer.status === 401 || answer.status === 403;
      this.#fail(`the server answered ${answer.status}`, isRefused);
      return answer.retryAfterMs;
    }
    const { timing } = answer;
    this.#databaseClock.read(timing);
    if (etag !== this.#state.etag && !isWhole(answer)) {
      // The stream was quicker: what the answer adds to is no longer what is known.
      this.#isAskedAgain = true;
      return undefined;
    }
    const { sentAtMonotonicMs } = timing;
    let changes: Changes | undefined = NO_CHANGES;
    if (answer.kind === 'snapshot') changes = this.#state.apply(answer.body, answer.etag, sentAtMonotonicMs);
    else if (!this.#state.renew(answer.leases, sentAtMonotonicMs)) changes = undefined;
    if (changes === undefined) {
      this.#fail('the server sent changes or leases that do not fit the snapshot', false);
      return undefined;
    }
    this.#failures = 0;
    this.#listener.synced(changes);
    return undefined;
  }

  #fail(message: string, isRefused: boolean): void {
    this.#failures += 1;
    this.#listener.failed(message, this.#failures, isRefused);
  }

  #regularPauseMs(): number {
    const { pollIntervalMs } = this.#options;
    if (!this.#isStreaming) return pollIntervalMs;
    let shortestMs = STREAMED_POLL_MS;
    for (const { ttlMs } of this.#state.compiled?.leases.values() ?? []) {
      shortestMs = Math.min(shortestMs, ttlMs / POLLS_IN_A_LEASE);
    }
    return Math.max(pollIntervalMs, shortestMs);
  }

  #pauseMs(askedMs: number | undefined): number {
    const { pollIntervalMs } = this.#options;
    if (this.#failures === 0) return this.#regularPauseMs() * (0.95 + Math.random() / 10);
    const longestMs = Math.max(pollIntervalMs, LONGEST_PAUSE_MS);
    return backoffMs(this.#failures, { firstMs: pollIntervalMs, longestMs, random: Math.random(), askedMs });
  }
}

function isWhole(answer: Answer): boolean {
  return answer.kind === 'snapshot' && answer.body.base === undefined;
}

/** fetch hides why a connection failed in the cause. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? `: ${messageOf(error.cause)}` : '';
  return `${messageOf(error)}${cause}`;
}
