import type { IncomingMessage } from 'node:http';

const EMPTY = Buffer.alloc(0);

/**
 * Hands a request's body over as text once it is whole; null as soon as it turns out longer than it may be, whose rest
 * is then not read. Nothing is handed over when the client goes away before, since nobody waits for an answer then.
 *
 * Calls back rather than promising: evaluations are answered while their request is still in hand, which saves a turn
 * of the event loop each.
 */
export function receiveBody(request: IncomingMessage, limitBytes: number, take: (body: string | null) => void): void {
  // Contexts nearly always come in one piece.
  let first: Buffer | null = null;
  let rest: Buffer[] | null = null;
  let size = 0;
  let isRefused = false;
  request.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (isRefused) return;
    if (size > limitBytes) {
      isRefused = true;
      request.pause();
      take(null);
    } else if (first === null) first = chunk;
    else (rest ??= [first]).push(chunk);
  });
  request.on('end', () => {
    if (!isRefused) take((rest === null ? (first ?? EMPTY) : Buffer.concat(rest)).toString('utf8'));
  });
}
