import type { Stack } from '../stack';
import type { SupervisedProcess } from './processes';

/** Kills each part once with SIGKILL while rollouts run; each comes back on the same port and data. */
export async function crashAlongTheWay(
  { stack, server, worker }: { stack: Stack; server: SupervisedProcess; worker: SupervisedProcess },
  print: (line: string) => void,
  signal: AbortSignal,
): Promise<number> {
  const blows: [string, () => Promise<void> | void][] = [
    ['the worker', () => worker.kill()],
    ['the server', () => server.kill()],
    ['Temporal', () => stack.temporal.restart()],
    ['the worker again', () => worker.kill()],
  ];
  let killed = 0;
  for (const [what, strike] of blows) {
    await new Promise((resolve) => setTimeout(resolve, 7_000));
    if (signal.aborted) break;
    print(`  ✂ SIGKILL to ${what}`);
    await strike();
    killed += 1;
  }
  return killed;
}
