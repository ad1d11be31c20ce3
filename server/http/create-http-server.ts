import { createServer, type Server } from 'node:http';
import type { FastifyServerFactory } from 'fastify';
import type { OfrepHandler } from '../ofrep/ofrep-handler';

/** How long a connection may take over what, in milliseconds. */
export interface HttpTimeouts {
  readonly requestTimeoutMs: number;
  readonly keepAliveMs: number;
}

/**
 * A server that answers remote evaluations by itself and leaves everything else to the framework, which sets no
 * time-outs on a server it did not make.
 */
export function httpServerFactory(
  ofrep: OfrepHandler,
  { requestTimeoutMs, keepAliveMs }: HttpTimeouts,
): FastifyServerFactory {
  return (handler): Server => {
    const server = createServer((request, response) => {
      if (!ofrep.handle(request, response)) handler(request, response);
    });
    server.requestTimeout = requestTimeoutMs;
    server.keepAliveTimeout = keepAliveMs;
    return server;
  };
}
