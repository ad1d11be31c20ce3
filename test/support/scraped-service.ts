import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Counter, Histogram, Registry } from 'prom-client';
import { exposeNative, NATIVE_CONTENT_TYPE } from './native-exposition';

/** One request that the service has answered. */
export interface ServedRequest {
  readonly variant: string;
  readonly seconds: number;
  readonly failed?: boolean;
  readonly region?: string;
}

const BOUNDS = [0.1, 0.25, 0.5, 1];

/** The metrics of one life of the process. */
function life() {
  const registers = [new Registry()];
  const [register] = registers as [Registry];
  const labelNames = ['variant', 'region', 'code'] as const;
  return {
    register,
    requests: new Counter({ name: 'shop_requests_total', help: 'requests', labelNames, registers }),
    seconds: new Histogram({
      name: 'shop_request_duration_seconds',
      help: 'durations',
      labelNames: ['variant'],
      buckets: BOUNDS,
      registers,
    }),
    unlabelled: new Counter({ name: 'shop_plain_requests_total', help: 'requests of all variants', registers }),
    native: new Map<string, number[]>(),
  };
}

/**
 * A small service with its metrics in prom-client, as a team would have it, and one native histogram. Restarting it
 * resets its counters.
 */
export class ScrapedService {
  private now = life();
  private isDown = false;
  private constructor(
    private readonly text: Server,
    private readonly protobuf: Server,
  ) {}

  static async start(): Promise<ScrapedService> {
    const text = createServer((_request, response) => {
      if (service.isDown) response.writeHead(503).end();
      else
        void service.now.register
          .metrics()
          .then((body) => response.setHeader('content-type', 'text/plain; version=0.0.4').end(body));
    });
    const protobuf = createServer((_request, response) => {
      const series = [...service.now.native].map(([variant, values]) => ({ labels: { variant }, values }));
      if (service.isDown) response.writeHead(503).end();
      else response.setHeader('content-type', NATIVE_CONTENT_TYPE).end(exposeNative('shop_native_seconds', 3, series));
    });
    const service = new ScrapedService(text, protobuf);
    for (const server of [text, protobuf]) {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    }
    return service;
  }

  get address(): string {
    return `127.0.0.1:${(this.text.address() as AddressInfo).port}`;
  }

  get nativeAddress(): string {
    return `127.0.0.1:${(this.protobuf.address() as AddressInfo).port}`;
  }

  /** Answers requests: they are counted as they would be. */
  serve(count: number, { variant, seconds, failed = false, region = 'eu' }: ServedRequest): void {
    const { requests, seconds: durations, unlabelled, native } = this.now;
    requests.inc({ variant, region, code: failed ? '500' : '200' }, count);
    unlabelled.inc(count);
    const values = native.get(variant) ?? [];
    native.set(variant, values);
    for (let one = 0; one < count; one++) {
      durations.observe({ variant }, seconds);
      values.push(seconds);
    }
  }

  /** A crash and a start: every counter begins again. */
  restart(): void {
    this.now = life();
  }

  /** Scrapes fail until it is up again; the process lives on. */
  refuseScrapes(isDown: boolean): void {
    this.isDown = isDown;
  }

  async close(): Promise<void> {
    for (const server of [this.text, this.protobuf]) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }
}
