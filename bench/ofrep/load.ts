import { connect, type Socket } from 'node:net';

/** A load of equal requests, each sent when the answer to the one before has come. */
export interface Load {
  readonly port: number;
  readonly path: string;
  readonly token: string;
  /** The body of every request, JSON. */
  readonly body: string;
  readonly connections: number;
  readonly durationMs: number;
}

/** What a load came to. */
export interface LoadFigures {
  readonly requests: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const HEADER_END = Buffer.from('\r\n\r\n');

/**
 * Sends a load over keep-alive connections. Sockets are written and read as they are, since an HTTP client costs more
 * than the servers that are measured.
 *
 * @throws {Error} when an answer is not a 200
 */
export async function applyLoad(load: Load): Promise<LoadFigures> {
  const tookMs: number[] = [];
  const startedAt = performance.now();
  const endsAt = startedAt + load.durationMs;
  await Promise.all(Array.from({ length: load.connections }, () => useConnection(load, endsAt, tookMs)));
  const seconds = (performance.now() - startedAt) / 1000;
  tookMs.sort((one, other) => one - other);
  const at = (share: number): number => tookMs[Math.min(tookMs.length - 1, Math.floor(tookMs.length * share))] ?? NaN;
  return { requests: tookMs.length, seconds, p50Ms: at(0.5), p99Ms: at(0.99) };
}

async function useConnection({ port, path, token, body }: Load, endsAt: number, tookMs: number[]): Promise<void> {
  const head = [
    `POST ${path} HTTP/1.1`,
    `host: 127.0.0.1:${port}`,
    `authorization: Bearer ${token}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  const request = Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`);
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  await new Promise<void>((resolve, reject) => {
    let sentAt = 0;
    let received: Buffer = Buffer.alloc(0);
    const send = (): void => {
      sentAt = performance.now();
      socket.write(request);
    };
    socket.once('connect', send);
    socket.once('error', reject);
    socket.once('close', () => resolve());
    socket.on('data', (chunk) => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      if (!isWhole(received, socket, reject)) return;
      received = Buffer.alloc(0);
      const now = performance.now();
      tookMs.push(now - sentAt);
      if (now >= endsAt) socket.end();
      else send();
    });
  });
}

/** Whether an answer has come whole; one that is no 200 ends everything. */
function isWhole(received: Buffer, socket: Socket, reject: (error: Error) => void): boolean {
  const headEnd = received.indexOf(HEADER_END);
  if (headEnd < 0) return false;
  const head = received.toString('latin1', 0, headEnd);
  if (!head.startsWith('HTTP/1.1 200')) {
    socket.destroy();
    reject(new Error(`answered ${head.slice(0, 30)}`));
    return false;
  }
  const length = Number(/content-length: (\d+)/i.exec(head)?.[1]);
  return received.length >= headEnd + HEADER_END.length + length;
}
