import { connect, createServer } from 'node:net';
import { ErrorCode, HeadgateError } from '../core/errors';

/** Where everything the stack starts listens: nobody outside this machine reaches it. */
export const LOOPBACK = '127.0.0.1';

/**
 * The port to listen on: exactly the one asked for, else the usual one when it is free, else any free one.
 *
 * @param asked - a port, 0 for any free one, undefined for the usual one or any free one
 * @throws {HeadgateError} PORT_IN_USE when the port asked for is taken
 */
export async function choosePort(asked: number | undefined, usual: number, what: string): Promise<number> {
  if (asked === 0) return freePort();
  if (asked === undefined) return (await isFree(usual)) ? usual : freePort();
  if (await isFree(asked)) return asked;
  throw new HeadgateError(ErrorCode.PortInUse, `port ${asked}, asked for ${what}, is in use`, {
    remedy: 'Stop what listens there, or ask for another port.',
    details: { port: asked },
  });
}

/** Whether this process could listen on the loopback port now. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: LOOPBACK, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** A loopback port nobody listens on at this instant. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ port: 0, host: LOOPBACK }, () => {
      const address = server.address();
      server.close(() =>
        address !== null && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}

/** Whether something accepts TCP connections there within the time given. */
export function accepts(host: string, port: number, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(timeoutMs, () => end(false));
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}
