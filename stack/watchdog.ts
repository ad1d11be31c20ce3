import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import type { Socket } from 'node:net';

/** One line to the watchdog process, as JSON. */
export type WatchdogMessage =
  | { readonly watch: number; readonly identity: string }
  | { readonly forget: number }
  | { readonly removeAfterwards: string };

/**
 * Ends the processes it was told of when this process ends, in whatever way, SIGKILL included: a small process beside this
 * one holds the reading end of a pipe, and the system closes the pipe of a process that dies. Nothing is left behind but
 * when the watchdog is killed too, or when this process dies in the instant between starting a child and naming it.
 */
export class Watchdog {
  private readonly child: ChildProcess;

  constructor() {
    const typescript = __filename.endsWith('.ts');
    const main = join(__dirname, typescript ? 'watchdog-main.ts' : 'watchdog-main.js');
    const loader = typescript ? ['--require', require.resolve('tsx/cjs')] : [];
    // A session of its own, so that Ctrl-C in the terminal reaches the caller, whose orderly end it must outlive.
    this.child = spawn(process.execPath, [...loader, main], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
    this.child.once('error', () => undefined);
    this.child.stdin?.once('error', () => undefined);
    this.child.unref();
    (this.child.stdin as Socket | null)?.unref();
  }

  /** From now on this process does not outlive the caller. */
  watch(pid: number, identity: string): void {
    this.tell({ watch: pid, identity });
  }

  forget(pid: number): void {
    this.tell({ forget: pid });
  }

  /** Also removes that folder, once the processes are gone. */
  removeAfterwards(dir: string): void {
    this.tell({ removeAfterwards: dir });
  }

  /** Lets the watchdog do its work now and end. */
  release(): void {
    this.child.stdin?.end();
  }

  private tell(message: WatchdogMessage): void {
    this.child.stdin?.write(`${JSON.stringify(message)}\n`);
  }
}
