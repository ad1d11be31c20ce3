import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How a service below the flag's answers. */
export interface DependencyBehaviour {
  readonly requestsPerSecond: number;
  /** Share that fails at an instant. */
  readonly errorRate: (atMs: number) => number;
}

const STEP_MS = 15_000;

/**
 * Services with a past, for a real Prometheus to scrape: their counters are exposed with the instants at which they
 * stood so, every 15 seconds from a start until now, as an exporter does that reads another system's records. So a test
 * needs not wait for the minutes that it is about.
 */
export class ScrapedDependencies {
  private constructor(private readonly server: Server) {}

  static async start(
    sinceMs: number,
    services: Readonly<Record<string, DependencyBehaviour>>,
  ): Promise<ScrapedDependencies> {
    const server = createServer((_request, response) => {
      const now = Date.now();
      const text = Object.entries(services).map(([name, behaviour]) => countersOf(name, behaviour, sinceMs, now));
      response.setHeader('content-type', 'text/plain; version=0.0.4').end(text.join(''));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new ScrapedDependencies(server);
  }

  get address(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** `NAME_requests_total` and `NAME_failed_total`, an instant a line. */
function countersOf(name: string, behaviour: DependencyBehaviour, sinceMs: number, now: number): string {
  const { requestsPerSecond, errorRate } = behaviour;
  const each = (requestsPerSecond * STEP_MS) / 1000;
  const requests = [`# TYPE ${name}_requests_total counter`];
  const failed = [`# TYPE ${name}_failed_total counter`];
  let errors = 0;
  for (let step = 0; sinceMs + step * STEP_MS <= now; step++) {
    const at = sinceMs + step * STEP_MS;
    // Real shares are never quite the same.
    errors += Math.round(each * errorRate(at) * (1 + ((step * 7) % 5) / 50));
    requests.push(`${name}_requests_total ${(step + 1) * each} ${at}`);
    failed.push(`${name}_failed_total ${errors} ${at}`);
  }
  return `${[...requests, ...failed].join('\n')}\n`;
}
