import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';

/** A process of Headgate that is started again when it dies, as a service manager would. */
export class SupervisedProcess {
  private child: ChildProcess | null = null;
  private stopping = false;
  /** How often it had to be started again. */
  restarts = 0;

  constructor(
    readonly name: string,
    private readonly script: string,
    private readonly environment: NodeJS.ProcessEnv,
    private readonly logFolder: string,
    private readonly nodeFlags: readonly string[] = [],
  ) {
    mkdirSync(logFolder, { recursive: true });
  }

  /** Starts it, and again whenever it ends, until {@link stop}. */
  start(): void {
    const log = createWriteStream(join(this.logFolder, `${this.name}.log`), { flags: 'a' });
    const preloads = ['--require', join(__dirname, 'die-with-parent.cjs'), '--require', 'tsx/cjs'];
    const child = spawn(process.execPath, [...this.nodeFlags, ...preloads, this.script], {
      env: { ...process.env, ...this.environment },
      // The pipe to its standard input is what ends it when the demo is killed.
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    child.stdout.pipe(log);
    child.stderr.pipe(log);
    child.once('exit', () => {
      log.end();
      if (this.stopping) return;
      this.restarts += 1;
      setTimeout(() => this.start(), 300);
    });
    this.child = child;
  }

  /** Ends it as a crash would; it comes back by itself. */
  kill(): void {
    this.child?.kill('SIGKILL');
  }

  /** Asks it to end and waits; ends it hard after five seconds. */
  async stop(): Promise<void> {
    this.stopping = true;
    const { child } = this;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill('SIGTERM');
    const hard = setTimeout(() => child.kill('SIGKILL'), 5000);
    await ended;
    clearTimeout(hard);
  }
}
