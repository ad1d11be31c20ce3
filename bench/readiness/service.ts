import type { HeadgateProvider } from '../../sdk/src';

/** One service that starts: `node --expose-gc service.ts MODULE URL`. Tells what it took to whoever forked it. */
const [, , modulePath = '', url = ''] = process.argv;

/** What one start took. */
export interface Start {
  readonly readyMs: number;
  /** Of processor time, threads that compile and collect included. */
  readonly cpuMs: number;
  /** Growth of heap and memory outside it, after collection. */
  readonly grownMb: number;
  /** First evaluation of a flag, and then of a hundred others. */
  readonly firstMs: number;
  readonly hundredMs: number;
}

async function main(): Promise<void> {
  const { HeadgateProvider: Provider } = (await import(modulePath)) as { HeadgateProvider: typeof HeadgateProvider };
  const before = held();
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  const provider = new Provider({ url, token: 'bench', streaming: false, pollIntervalMs: 3_600_000 });
  await provider.initialize();
  const readyMs = performance.now() - startedAt;
  const cpu = process.cpuUsage(cpuBefore);
  const grownMb = (held() - before) / 1_048_576;
  const evaluate = (at: number): boolean =>
    provider.evaluateBoolean(`service.checkout.flag-${at}`, false, {
      targetingKey: 'user-1',
      country: 'NO',
      plan: 'pro',
    });
  const firstAt = performance.now();
  if (!evaluate(2)) throw new Error('the flag is on for such a user');
  const firstMs = performance.now() - firstAt;
  const hundredAt = performance.now();
  for (let at = 4; at < 204; at += 2) evaluate(at);
  const hundredMs = performance.now() - hundredAt;
  process.send?.({ readyMs, cpuMs: (cpu.user + cpu.system) / 1000, grownMb, firstMs, hundredMs } satisfies Start, () =>
    process.exit(0),
  );
}

function held(): number {
  if (global.gc === undefined) throw new Error('run with --expose-gc');
  for (let count = 0; count < 3; count += 1) global.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

void main();
