import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive, signalProcess } from './process-identity';
import type { WatchdogMessage } from './watchdog';

/** How long a process may take to end in order before it is killed. */
const GRACE_MS = 3000;

const watched = new Map<number, string>();
const folders = new Set<string>();

async function main(): Promise<void> {
  // Whoever ends the caller's process group or terminal must not end this process with it.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
  for await (const line of createInterface({ input: process.stdin })) {
    const message = JSON.parse(line) as WatchdogMessage;
    if ('watch' in message) watched.set(message.watch, message.identity);
    else if ('forget' in message) watched.delete(message.forget);
    else folders.add(message.removeAfterwards);
  }
  for (const [pid, identity] of watched) signalProcess(pid, identity, 'SIGTERM');
  const deadline = Date.now() + GRACE_MS;
  const living = (): [number, string][] => [...watched].filter(([pid, identity]) => isAlive(pid, identity));
  while (living().length > 0 && Date.now() < deadline) await sleep(50);
  for (const [pid, identity] of living()) signalProcess(pid, identity, 'SIGKILL');
  while (living().length > 0) await sleep(20);
  for (const dir of folders) rmSync(dir, { recursive: true, force: true });
}

void main();
