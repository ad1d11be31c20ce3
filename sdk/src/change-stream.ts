import { CHANGES_EVENT, CHANGES_OF_LINES } from '../../flags/evaluator/flag-line';
import { backoffMs } from './backoff';
import { EventParser } from './event-parser';
import type { SnapshotClientOptions } from './snapshot-client';
import { readAnswer, type SnapshotAnswer } from './snapshot-document';

/** Quiet longer than three heartbeats: the connection is dead, whatever the sockets say. */
const QUIET_MS = 45_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
/** A server that knows no streams is asked again after this, in case it is replaced by a newer one. */
const UNSUPPORTED_PAUSE_MS = 300_000;

/** What a stream tells, and what it may ask. */
export interface ChangeListener {
  /** The entity tag of the flags that are known, which a server compares with its own. */
  knownEtag(): string | undefined;
  /** Something has changed: what, or that there is something to ask for. */
  changed(changes: SnapshotAnswer | undefined): void;
  /** Whether changes are told of from now on. */
  connected(isConnected: boolean): void;
}

/**
 * Listens to the server's Server-Sent Events, which say what has changed, or only that something has: it is then asked
 * for. Without a stream polling goes on as before.
 */
export class ChangeStream {
  readonly #options: SnapshotClientOptions;
  readonly #listener: ChangeListener;
  #stop: AbortController | undefined;
  #failures = 0;

  constructor(options: SnapshotClientOptions, listener: ChangeListener) {
    this.#options = options;
    this.#listener = listener;
  }

  /** Connects, and again whenever the connection ends. */
  start(): void {
    if (this.#stop !== undefined) return;
    this.#stop = new AbortController();
    this.#failures = 0;
    void this.#listen(this.#stop.signal);
  }

  /** Disconnects. */
  stop(): void {
    this.#stop?.abort();
    this.#stop = undefined;
  }

  async #listen(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      const isSupported = await this.#connect(stop).catch(() => true);
      if (stop.aborted) return;
      this.#listener.connected(false);
      this.#failures += 1;
      const pauseMs = backoffMs(this.#failures, {
        firstMs: FIRST_PAUSE_MS,
        longestMs: LONGEST_PAUSE_MS,
        random: Math.random(),
      });
      await pause(isSupported ? pauseMs : UNSUPPORTED_PAUSE_MS, stop);
    }
  }

  /** @returns false when the server knows no streams */
  async #connect(stop: AbortSignal): Promise<boolean> {
    const { url, token, transport } = this.#options;
    const connection = new AbortController();
    const end = (): void => connection.abort();
    stop.addEventListener('abort', end, { once: true });
    let quiet = setTimeout(end, QUIET_MS);
    quiet.unref();
    try {
      const etag = this.#listener.knownEtag()?.replace(/^W\//, '').replaceAll('"', '');
      const response = await transport.send(`${url}/v1/sdk/stream`, {
        headers: {
          authorization: `Bearer ${token}`,
          accept: 'text/event-stream',
          'accept-encoding': 'identity',
          'a-im': CHANGES_OF_LINES,
          ...(etag !== undefined && { 'last-event-id': etag }),
        },
        signal: connection.signal,
        isIdle: true,
      });
      const isStream = response.header('content-type')?.startsWith('text/event-stream') === true;
      if (response.status !== 200 || !isStream) {
        await response.discard();
        return response.status !== 404;
      }
      this.#failures = 0;
      this.#listener.connected(true);
      const parser = new EventParser();
      for await (const part of response.parts()) {
        clearTimeout(quiet);
        quiet = setTimeout(end, QUIET_MS);
        quiet.unref();
        for (const { event, data } of parser.take(part)) {
          this.#listener.changed(event === CHANGES_EVENT ? changesIn(data) : undefined);
        }
      }
      return true;
    } finally {
      clearTimeout(quiet);
      stop.removeEventListener('abort', end);
      connection.abort();
    }
  }
}

/** What a message says; undefined where it cannot be understood, and is asked for. */
function changesIn(data: string): SnapshotAnswer | undefined {
  try {
    return readAnswer(Buffer.from(data));
  } catch {
    return undefined;
  }
}

function pause(ms: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      stop.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    timer.unref();
    stop.addEventListener('abort', end, { once: true });
  });
}
