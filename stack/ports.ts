import { randomInt } from 'node:crypto';
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

/** Below the range from which systems give ports to outgoing connections (32768 on Linux, 49152 by IANA). */
const LOWEST_PORT = 15_000;
const HIGHEST_PORT = 32_000;

/**
 * A loopback port nobody listens on at this instant. Not one of the ephemeral ports: an outgoing connection could take
 * it while a part that was killed is being started again on the same port.
 */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 200; tries += 1) {
    const port = randomInt(LOWEST_PORT, HIGHEST_PORT);
    if (await isFree(port)) return port;
  }
  throw new HeadgateError(ErrorCode.PortInUse, `no free port was found from ${LOWEST_PORT} to ${HIGHEST_PORT}`, {
    remedy: 'End programs that listen there, or name the ports.',
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
