import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../support/prometheus-under-test';
import { newDatabaseName, SIGNING_KEY } from '../../support/server-under-test';

describe('a worker process', () => {
  let child: ChildProcess | null = null;
  afterAll(async () => {
    if (child === null || child.exitCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  });

  async function until<Found>(look: () => Promise<Found | null>): Promise<Found> {
    for (let waitedMs = 0; waitedMs < 60_000; waitedMs += 200) {
      const found = await look().catch(() => null);
      if (found !== null) return found;
      await sleep(200);
    }
    throw new Error('nothing came within a minute');
  }

  const scrape = async (port: number): Promise<string> => (await fetch(`http://127.0.0.1:${port}/metrics`)).text();

  it('tells of itself, and lets the SDK of Temporal tell of itself, on ports of their own', async () => {
    const [port, sdkPort] = [await freePort(), await freePort()];
    child = spawn(process.execPath, ['--require', 'tsx/cjs', join(__dirname, '../../../workers/main.ts')], {
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: process.env['HOME'] ?? '',
        HEADGATE_MONGODB_URL: process.env['HEADGATE_MONGODB_URL'] ?? '',
        HEADGATE_MONGODB_DATABASE: newDatabaseName(),
        HEADGATE_TEMPORAL_ADDRESS: process.env['HEADGATE_TEMPORAL_ADDRESS'] ?? '',
        HEADGATE_SIGNING_KEY: SIGNING_KEY,
        HEADGATE_METRICS_PORT: String(port),
        HEADGATE_TEMPORAL_METRICS_ADDRESS: `127.0.0.1:${sdkPort}`,
      },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const own = await until(() => scrape(port));
    expect(own).toContain('# TYPE headgate_looks_total counter');
    expect(own).toContain('process_cpu_seconds_total');
    const ofSdk = await until(async () => {
      const text = await scrape(sdkPort);
      return text.includes('temporal_') ? text : null;
    });
    expect(ofSdk).toMatch(/^temporal_(num_pollers|worker_start|request)/m);
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  }, 150_000);
});
