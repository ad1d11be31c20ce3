import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { messageOf } from '../../core/errors';

/** What of a registry the listener needs. */
export interface Exposition {
  readonly contentType: string;
  metrics(): Promise<string>;
}

/** A listener that answers `GET /metrics` and nothing else. */
export interface MetricsListener {
  /** Such as `http://127.0.0.1:9464`. */
  readonly url: string;
  close(): Promise<void>;
}

/** A scrape that takes longer has long been given up by who asked. */
const REQUEST_TIMEOUT_MS = 10_000;

/**
 * Answers scrapes on a port of its own, without a token: bind it to loopback or to a network that only Prometheus shares.
 *
 * @throws {Error} EADDRINUSE and its like
 */
export async function startMetricsListener(
  registry: Exposition,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<MetricsListener> {
  const server = createServer((request, response) => {
    if (request.url?.split('?')[0] !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    registry.metrics().then(
      (text) => response.writeHead(200, { 'content-type': registry.contentType }).end(text),
      (error: unknown) => response.writeHead(500).end(messageOf(error)),
    );
  });
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const { port: taken } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${taken}`,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
