import { fork, type ChildProcess } from 'node:child_process';
import { readCpuSeconds } from '../rollouts/processes';
import type { Seen } from './service';

/** How long a change may take to reach everybody before those who miss it are counted. */
const PATIENCE_MS = 15_000;

/** When a change was seen: for each service that saw it, on the clock that all processes share. */
export interface Arrival {
  readonly atNs: readonly bigint[];
  readonly missing: number;
}

/** Many services, each a process of its own. */
export class Fleet {
  private readonly services: ChildProcess[] = [];
  private readonly seen = new Map<ChildProcess, Seen>();
  private wake: () => void = () => undefined;

  /** Starts services a few at a time, and waits until each knows the flag's value. */
  async start(count: number, script: string, args: readonly string[]): Promise<void> {
    while (this.services.length < count) {
      for (let at = 0; at < 5 && this.services.length < count; at += 1) {
        const service = fork(script, [...args], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
        service.on('message', (seen) => {
          this.seen.set(service, seen as Seen);
          this.wake();
        });
        this.services.push(service);
      }
      const { missing } = await this.all(() => true, 60_000);
      if (missing > 0) throw new Error(`${missing} services did not start within a minute`);
    }
  }

  /** Waits until all services have seen a value. */
  async arrival(isOn: boolean): Promise<Arrival> {
    return this.all((seen) => seen.isOn === isOn, PATIENCE_MS);
  }

  /** Processor time of all services so far, in milliseconds. */
  cpuMs(): number {
    return this.services.reduce((sum, { pid }) => sum + (pid === undefined ? 0 : readCpuSeconds(pid) * 1000), 0);
  }

  stop(): void {
    for (const service of this.services) service.kill();
  }

  private async all(isIt: (seen: Seen) => boolean, timeoutMs: number): Promise<Arrival> {
    const those = (): Seen[] => [...this.seen.values()].filter(isIt);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.wake = () => {
        if (those().length < this.services.length) return;
        clearTimeout(timer);
        resolve();
      };
      this.wake();
    });
    const arrived = those();
    return { atNs: arrived.map(({ atNs }) => BigInt(atNs)), missing: this.services.length - arrived.length };
  }
}
