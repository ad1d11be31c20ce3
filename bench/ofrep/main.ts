import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { startInstallation } from '../../demo/installation';
import { readCpuSeconds, readProcesses } from '../rollouts/processes';
import { applyLoad, type Load } from './load';

/**
 * OFREP evaluations of Headgate's own server beside a bare `node:http` server that answers fixed JSON, each in a
 * process of its own, in turn. Requests are counted per second of the server's CPU time, so that neither the load
 * generator nor other work on the machine decides the ratio. Environment: `ROUNDS` (7), `SECONDS` of each round (3),
 * `CONNECTIONS` (32).
 */
const ROUNDS = Number(process.env['ROUNDS'] ?? 7);
const SECONDS = Number(process.env['SECONDS'] ?? 3);
const CONNECTIONS = Number(process.env['CONNECTIONS'] ?? 32);
const FLAGS = 100;
const ENVIRONMENT = 'bench';
const CONTEXT = { targetingKey: 'user-4711', country: 'NO', plan: 'gold', age: 41, beta: true };

interface Contender {
  readonly name: string;
  readonly pid: number;
  readonly load: Pick<Load, 'port' | 'path' | 'token'>;
}

interface Figures {
  readonly perCpuSecond: number[];
  readonly perSecond: number[];
  readonly p99Ms: number[];
}

const median = (values: readonly number[]): number =>
  [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? NaN;

async function startBareServer(): Promise<{ readonly pid: number; readonly port: number; readonly stop: () => void }> {
  const child = spawn(process.execPath, ['--require', 'tsx/cjs', join(__dirname, 'bare-server.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const port = await new Promise<number>((resolve) =>
    child.stdout.once('data', (chunk: Buffer) => resolve(Number(chunk.toString()))),
  );
  return { pid: child.pid ?? 0, port, stop: () => child.kill() };
}

async function main(): Promise<void> {
  const installation = await startInstallation((line) => console.error(line));
  const bare = await startBareServer();
  try {
    const { api } = installation;
    for (let index = 0; index < FLAGS; index += 1) {
      const variants = { on: true, off: false };
      await api.call('PUT', `/v1/environments/${ENVIRONMENT}/flags/flag-${index}`, {
        key: `flag-${index}`,
        type: 'boolean',
        variants,
        defaultVariant: 'off',
        offVariant: 'off',
        rules: [
          {
            name: 'norwegians',
            if: { attribute: 'country', operator: 'equals', value: 'NO' },
            serve: {
              split: [
                { variant: 'on', weight: 50 },
                { variant: 'off', weight: 50 },
              ],
            },
          },
        ],
      });
    }
    const { token } = await api.call<{ token: string }>('POST', '/v1/tokens', {
      name: 'bench',
      role: 'sdk',
      environment: ENVIRONMENT,
    });
    const headgate = { port: Number(new URL(installation.url).port), token };
    const pid = readProcesses().get('server')?.pid ?? 0;
    const path = '/ofrep/v1/evaluate/flags';
    const contenders: Contender[] = [
      { name: 'node:http, fixed JSON', pid: bare.pid, load: { port: bare.port, path: `${path}/flag-0`, token } },
      { name: 'Headgate, one flag', pid, load: { ...headgate, path: `${path}/flag-0` } },
      { name: `Headgate, all ${FLAGS} flags`, pid, load: { ...headgate, path } },
    ];
    await compare(contenders);
  } finally {
    bare.stop();
    await installation.stop();
  }
}

async function compare(contenders: readonly Contender[]): Promise<void> {
  const all = new Map<string, Figures>();
  const body = JSON.stringify({ context: CONTEXT });
  // The first round warms up and is not counted.
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const { name, pid, load } of contenders) {
      const before = readCpuSeconds(pid);
      const figures = await applyLoad({ ...load, body, connections: CONNECTIONS, durationMs: SECONDS * 1000 });
      const cpuSeconds = readCpuSeconds(pid) - before;
      if (round === 0) continue;
      const kept = all.get(name) ?? { perCpuSecond: [], perSecond: [], p99Ms: [] };
      kept.perCpuSecond.push(figures.requests / cpuSeconds);
      kept.perSecond.push(figures.requests / figures.seconds);
      kept.p99Ms.push(figures.p99Ms);
      all.set(name, kept);
    }
  }
  const bound = median(all.get(contenders[0]?.name ?? '')?.perCpuSecond ?? []);
  console.log(
    '| server | requests a CPU second | of node:http | requests/s by the clock | p99 ms |\n|---|---|---|---|---|',
  );
  for (const [name, { perCpuSecond, perSecond, p99Ms }] of all) {
    const rate = median(perCpuSecond);
    const cells = [
      name,
      rate.toFixed(0),
      (rate / bound).toFixed(2),
      median(perSecond).toFixed(0),
      median(p99Ms).toFixed(1),
    ];
    console.log(`| ${cells.join(' | ')} |`);
  }
}

void main().then(() => process.exit(0));
