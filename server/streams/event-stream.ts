import type { ServerResponse } from 'node:http';

/** Between comments that keep proxies from closing a quiet connection, and let both sides notice a dead one. */
const HEARTBEAT_MS = 15_000;
/** What a slow reader may leave unread before it is disconnected: it comes back and asks for everything. */
const MOST_UNREAD_BYTES = 64 * 1024;
/** What a client is told to wait before it connects again. */
const RETRY_MS = 1_000;

/** One message of a stream. */
export interface StreamMessage {
  /** What a client that comes back says it has seen. */
  readonly id: string;
  /** What kind of message it is; left out for the only one there is. */
  readonly event?: string;
  readonly data: string;
}

/**
 * One connection of Server-Sent Events (WHATWG HTML, section 9.2): a heartbeat while it is quiet, and an end for a
 * reader that does not keep up, so that no connection holds memory without bound.
 */
export class EventStream {
  private readonly heartbeat: NodeJS.Timeout;

  constructor(
    private readonly response: ServerResponse,
    headers: Readonly<Record<string, string>>,
    onClose: () => void,
  ) {
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      ...headers,
    });
    response.write(`retry: ${RETRY_MS}\n\n`);
    response.socket?.setNoDelay(true);
    response.socket?.setTimeout(0);
    this.heartbeat = setInterval(() => this.write(': still here\n\n'), HEARTBEAT_MS);
    this.heartbeat.unref();
    response.on('error', () => undefined);
    response.once('close', () => {
      clearInterval(this.heartbeat);
      onClose();
    });
  }

  /** Sends a message, or ends the connection when its reader is too far behind. */
  send({ id, event, data }: StreamMessage): void {
    const lines = data.split('\n').map((line) => `data: ${line}\n`);
    this.write(`id: ${id}\n${event === undefined ? '' : `event: ${event}\n`}${lines.join('')}\n`);
  }

  /** Ends the connection in an orderly way; the client comes back, here or to another server. */
  end(): void {
    this.response.end();
  }

  private write(text: string): void {
    if (this.response.destroyed || this.response.writableEnded) return;
    if (this.response.writableLength > MOST_UNREAD_BYTES) this.response.destroy();
    else this.response.write(text);
  }
}
