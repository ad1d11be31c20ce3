import { Client, Connection } from '@temporalio/client';
import { execFileSync } from 'node:child_process';
import { startInstallation } from '../../demo/installation';
import { rolloutWorkflowId } from '../../workflows/rollout/messages';
import { measureOverrides } from '../override/measure';
import { lookFigures, quantile } from './history-figures';
import { startTraffic } from './traffic';

/**
 * Many live rollouts on one worker and the embedded stack: how late looks are, and what a rollout costs. Environment: `FAST` (50),
 * `SLOW` (950), `MINUTES` (15), `RATE` evaluations a second (400).
 */
const FAST = Number(process.env['FAST'] ?? 50);
const SLOW = Number(process.env['SLOW'] ?? 950);
const MINUTES = Number(process.env['MINUTES'] ?? 15);
const RATE = Number(process.env['RATE'] ?? 400);
const FAST_MS = 5_000;
const SLOW_MS = 60_000;
/** Histories of this many slow rollouts are read. */
const SAMPLED = 100;

const plan = (flag: string, intervalMs: number): unknown => ({
  flag,
  candidate: 'on',
  steps: [10, 50],
  bake: '24h',
  window: `${intervalMs / 1000}s`,
  look: { shortest: `${intervalMs / 1000}s`, longest: `${intervalMs / 1000}s` },
});

/** Resident memory of a child process whose command line names a script, in MB. */
function residentMb(script: string): number {
  const rows = execFileSync('ps', ['-eo', 'rss=,args='], { encoding: 'utf8' }).split('\n');
  const mine = rows.filter((line) => line.includes(script) && !line.includes('ps -eo'));
  return Math.max(0, ...mine.map((line) => Number.parseInt(line, 10) / 1024));
}

async function main(): Promise<void> {
  const installation = await startInstallation((line) => console.error(line));
  const { api, stack } = installation;
  try {
    const names = Array.from({ length: FAST + SLOW }, (_, index) => `flag-${index}`);
    const startedAt = performance.now();
    for (let from = 0; from < names.length; from += 10) {
      await Promise.all(
        names.slice(from, from + 10).map(async (key, offset) => {
          const variants = { on: true, off: false };
          const definition = { key, type: 'boolean', variants, defaultVariant: 'off', offVariant: 'off' };
          await api.call('PUT', `/v1/environments/bench/flags/${key}`, definition);
          const intervalMs = from + offset < FAST ? FAST_MS : SLOW_MS;
          await api.call('POST', '/v1/environments/bench/rollouts', { plan: plan(key, intervalMs) });
        }),
      );
    }
    console.error(`${names.length} rollouts started in ${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
    const created = await api.call<{ token: string }>('POST', '/v1/tokens', {
      name: 'bench',
      role: 'sdk',
      environment: 'bench',
    });
    const access = { url: installation.url, token: created.token };
    const traffic = await startTraffic(access, names, { perSecond: RATE, users: 200 });
    // Starting a thousand at once is not the steady state: it is left out.
    await new Promise((resolve) => setTimeout(resolve, Number(process.env['SETTLE_S'] ?? 90) * 1000));
    const client = new Client({ connection: await Connection.connect({ address: stack.temporal.address }) });
    const transitionsOf = async (flag: string): Promise<number> => {
      const { raw } = await client.workflow.getHandle(rolloutWorkflowId('bench', flag)).describe();
      return Number(raw.workflowExecutionInfo?.stateTransitionCount ?? 0);
    };
    const total = async (): Promise<number> => {
      let sum = 0;
      for (const flag of names) sum += await transitionsOf(flag);
      return sum;
    };
    const countedAt = performance.now();
    const before = await total();
    const fromMs = Date.now();
    await new Promise((resolve) => setTimeout(resolve, MINUTES * 60_000));
    const after = await total();
    const spanS = (performance.now() - countedAt) / 1000;
    const late = { fast: [] as number[], slow: [] as number[] };
    const perHour = { fast: [] as number[], slow: [] as number[] };
    for (const [index, flag] of names.entries()) {
      if (index >= FAST + SAMPLED) break;
      const kind = index < FAST ? 'fast' : 'slow';
      const history = await client.workflow.getHandle(rolloutWorkflowId('bench', flag)).fetchHistory();
      const figures = lookFigures(history, fromMs);
      late[kind].push(...figures.lateMs);
      perHour[kind].push((figures.events / figures.spanMs) * 3_600_000);
    }
    const line = (kind: 'fast' | 'slow', intervalMs: number, count: number): string =>
      `| ${count} looked at every ${intervalMs / 1000} s | ${late[kind].length} | ${quantile(late[kind], 0.5).toFixed(0)} | ${quantile(late[kind], 0.99).toFixed(0)} | ${((quantile(late[kind], 0.99) / intervalMs) * 100).toFixed(1)} % | ${quantile(perHour[kind], 0.5).toFixed(0)} |`;
    console.log('| rollouts | looks | late p50 ms | late p99 ms | p99 of interval | events per rollout-hour |');
    console.log('| --- | --- | --- | --- | --- | --- |');
    console.log(line('fast', FAST_MS, FAST));
    console.log(line('slow', SLOW_MS, SLOW));
    console.log(`\nTemporal state transitions: ${((after - before) / spanS).toFixed(0)}/s over ${spanS.toFixed(0)} s`);
    console.log(
      `worker memory ${residentMb('workers/main.ts').toFixed(0)} MB, server ${residentMb('server/main.ts').toFixed(0)} MB`,
    );
    console.log(`traffic: ${traffic.evaluations()} evaluations with an outcome each`);
    const count = Math.min(20, SLOW);
    const override = await measureOverrides(access, api, 'bench', names.slice(FAST, FAST + count)).catch(
      (error: unknown) => String(error),
    );
    const told =
      typeof override === 'string'
        ? override
        : `p50 ${override.p50Ms} ms, p99 ${override.p99Ms} ms (${override.count})`;
    console.log(`override to first changed evaluation under this load: ${told}`);
    await traffic.stop();
    await client.connection.close();
  } finally {
    await installation.stop();
  }
}

void main().then(() => process.exit(0));
