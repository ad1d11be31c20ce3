import { Agent, request } from 'node:http';
import { performance } from 'node:perf_hooks';

/** What the load saw of one feature. */
export interface FeatureTally {
  requests: number;
  /** Requests that the new variant answered. */
  byCandidate: number;
  /** Requests that the new variant answered with an error. */
  harmed: number;
  /** Unix milliseconds of the first and the last of those. */
  firstHarmAt: number | null;
  lastHarmAt: number | null;
}

/** Load that can be read and stopped. */
export interface Load {
  readonly tallies: { readonly product: FeatureTally; readonly checkout: FeatureTally };
  /** Requests that got no answer at all. */
  readonly lost: () => number;
  stop(): Promise<void>;
}

const emptyTally = (): FeatureTally => ({
  requests: 0,
  byCandidate: 0,
  harmed: 0,
  firstHarmAt: null,
  lastHarmAt: null,
});

/**
 * Sends requests of many users to the shop at random instants: an open loop, so a slow shop does not slow the users down.
 *
 * @param ratePerSecond - mean arrivals a second, Poisson
 * @param users - how many different users there are
 */
export function startLoad(port: number, { ratePerSecond, users }: { ratePerSecond: number; users: number }): Load {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const tallies = { product: emptyTally(), checkout: emptyTally() };
  const open = new Set<Promise<void>>();
  let lost = 0;
  let running = true;

  function send(): void {
    const user = `user-${Math.floor(Math.random() * users)}`;
    const isCheckout = Math.random() < 0.5;
    const path = isCheckout
      ? `/checkout?user=${user}&items=${1 + Math.floor(Math.random() * 9)}`
      : `/product?user=${user}`;
    const tally = isCheckout ? tallies.checkout : tallies.product;
    const candidate = isCheckout ? 'express' : 'recommendations';
    const done = new Promise<void>((resolve) => {
      const call = request({ host: '127.0.0.1', port, path, agent, timeout: 5000 }, (response) => {
        response.resume();
        response.on('end', () => {
          tally.requests += 1;
          if (response.headers['x-served'] === candidate) {
            tally.byCandidate += 1;
            if ((response.statusCode ?? 500) >= 500) {
              tally.harmed += 1;
              tally.firstHarmAt ??= Date.now();
              tally.lastHarmAt = Date.now();
            }
          }
          resolve();
        });
      });
      call.on('timeout', () => call.destroy());
      call.on('error', () => {
        lost += 1;
        resolve();
      });
      call.end();
    });
    open.add(done);
    void done.then(() => open.delete(done));
  }

  let dueAt = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    while (running && dueAt <= now) {
      send();
      dueAt += (-Math.log(1 - Math.random()) / ratePerSecond) * 1000;
    }
  }, 5);

  return {
    tallies,
    lost: () => lost,
    async stop(): Promise<void> {
      running = false;
      clearInterval(timer);
      await Promise.allSettled([...open]);
      agent.destroy();
    },
  };
}
