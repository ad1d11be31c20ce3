/**
 * How long a service waits for its flags, and what they cost it in memory: `npx tsx bench/readiness/main.ts [rounds]`,
 * `FLAGS=10000`. Each start is a process of its own, over a loopback connection to a server in another.
 * `OTHER=/path/to/index.js` adds another build of the provider, such as an earlier one, in turn with this one.
 */
import { fork } from 'node:child_process';
import { resolve } from 'node:path';
import { makeBundles } from '../bundle';
import type { Start } from './service';

const rounds = Number(process.argv[2] ?? 9);

/** The first message of a process that is started. */
function told<T>(file: string, args: readonly string[]): Promise<{ message: T; stop: () => void }> {
  const child = fork(file, args, { execArgv: ['--expose-gc'] });
  return new Promise((done, fail) => {
    child.once('message', (message) => done({ message: message as T, stop: () => child.kill() }));
    child.once('exit', (code) => fail(new Error(`${file} ended with ${code}`)));
  });
}

const median = (values: number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

async function main(): Promise<void> {
  const bundles = makeBundles();
  const { message: port, stop } = await told<number>(await bundles.add('bench/readiness/server.ts'), []);
  try {
    const service = await bundles.add('bench/readiness/service.ts');
    const providers: Record<string, string> = { 'this provider': await bundles.add('sdk/src/index.ts') };
    const other = process.env['OTHER'];
    if (other !== undefined) providers['the other'] = resolve(other);
    const starts = new Map<string, Start[]>(Object.keys(providers).map((name) => [name, []]));
    for (let round = 0; round < rounds; round += 1) {
      for (const [name, path] of Object.entries(providers)) {
        const { message } = await told<Start>(service, [path, `http://127.0.0.1:${port}`]);
        starts.get(name)?.push(message);
      }
    }
    console.log(
      `${process.env['FLAGS'] ?? 10_000} flags, ${rounds} starts each, Node ${process.version}: medians (least)\n`,
    );
    console.log('| provider | ready, ms | processor time, ms | memory, MB | first evaluation, ms | 100 more, ms |');
    console.log('| --- | ---: | ---: | ---: | ---: | ---: |');
    for (const [name, list] of starts) {
      const of = (field: keyof Start, digits: number): string => {
        const values = list.map((start) => start[field]);
        return `${median(values).toFixed(digits)} (${Math.min(...values).toFixed(digits)})`;
      };
      console.log(
        `| ${name} | ${of('readyMs', 0)} | ${of('cpuMs', 0)} | ${of('grownMb', 1)} | ${of('firstMs', 2)} | ${of('hundredMs', 1)} |`,
      );
    }
  } finally {
    stop();
    bundles.remove();
  }
}

void main();
