import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ErrorCode, HeadgateError } from '../core/errors';
import { removeRecord, writeRecord, type ComponentName, type ComponentRecord } from './data-dir';
import { isFree } from './ports';
import { isAlive, processIdentity, signalProcess } from './process-identity';
import type { Watchdog } from './watchdog';

/** What a component's process is made of; kept in its record. */
export type LaunchFacts = Omit<ComponentRecord, 'pid' | 'identity'>;

/** How a component is started, again and again in the same way. */
export interface LaunchPlan extends LaunchFacts {
  readonly name: ComponentName;
  readonly dataDir: string;
  /** Whether it answers as it should; asked again and again until it does. */
  readonly isReady: () => Promise<boolean>;
  readonly readyTimeoutMs: number;
}

const READY_POLL_MS = 50;
const STOP_GRACE_MS = 8000;
const PORT_RELEASE_MS = 5000;

/** One process of the stack: started, killed, started again on the same port and data, stopped. */
export class ManagedComponent {
  private running: { readonly pid: number; readonly identity: string } | undefined;

  /** @param watchdog - ends the process when this one dies; absent for a component that is to outlive it */
  constructor(
    private readonly plan: LaunchPlan,
    private readonly watchdog: Watchdog | undefined,
    adopted?: ComponentRecord,
  ) {
    this.running = adopted;
  }

  get pid(): number | undefined {
    return this.running?.pid;
  }

  /**
   * Starts the process and waits until it answers.
   *
   * @throws {HeadgateError} STACK_UNAVAILABLE when it ends first or never answers; its last lines are in the message
   */
  async start(): Promise<void> {
    const { name, dataDir, command, args, port, uiPort, origin, engine } = this.plan;
    const log = openSync(join(dataDir, 'logs', `${name}.log`), 'a');
    // A session of its own: Ctrl-C must not end it under a caller that still has to end in order.
    const child = spawn(command, args, { cwd: join(dataDir, name), stdio: ['ignore', log, log], detached: true });
    closeSync(log);
    let ended: string | undefined;
    child.once('exit', (code, signal) => (ended = signal ?? `exit status ${code}`));
    child.once('error', (error) => (ended = error.message));
    child.unref();
    const identity = child.pid === undefined ? undefined : processIdentity(child.pid);
    if (child.pid !== undefined && identity !== undefined) {
      this.running = { pid: child.pid, identity };
      this.watchdog?.watch(child.pid, identity);
      await writeRecord(dataDir, name, { pid: child.pid, identity, port, uiPort, origin, engine, command, args });
    }
    try {
      await this.awaitAnswer(() => ended);
    } catch (error) {
      await this.kill();
      throw error;
    }
  }

  /**
   * Waits until the process answers as it should. One that does not is left as it is: it may be somebody else's.
   *
   * @param ending - how the process has ended, where that is known
   * @throws {HeadgateError} STACK_UNAVAILABLE as `start`
   */
  async awaitAnswer(ending: () => string | undefined = () => undefined): Promise<void> {
    const { name, dataDir, isReady, readyTimeoutMs } = this.plan;
    const deadline = Date.now() + readyTimeoutMs;
    // An answer after its end is that of another process, which took the port first.
    while (!(await isReady()) || ending() !== undefined) {
      const ended = ending();
      if (ended === undefined && Date.now() < deadline) {
        await sleep(READY_POLL_MS);
        continue;
      }
      const why = ended === undefined ? `did not answer within ${readyTimeoutMs / 1000} s` : `ended at once (${ended})`;
      throw new HeadgateError(ErrorCode.StackUnavailable, `${name} ${why}: ${await this.lastLogLines()}`, {
        remedy: `See ${join(dataDir, 'logs', `${name}.log`)}.`,
        details: { component: name },
      });
    }
  }

  /** SIGKILL, as a crash would end it; returns when the process is gone. Data and port stay for `restart`. */
  async kill(): Promise<void> {
    await this.end('SIGKILL', 0);
  }

  /** Ends it in order, by force after some seconds; returns when it is gone. */
  async stop(): Promise<void> {
    await this.end('SIGTERM', STOP_GRACE_MS);
  }

  /** Starts it again on the same port and data, killing it first where it still runs. */
  async restart(): Promise<void> {
    await this.kill();
    await this.untilPortsAreFree();
    await this.start();
  }

  /** A killed process counts as ended when its first thread has; its sockets close with its last one, a moment later. */
  private async untilPortsAreFree(): Promise<void> {
    const { port, uiPort } = this.plan;
    const deadline = Date.now() + PORT_RELEASE_MS;
    for (const each of uiPort === undefined ? [port] : [port, uiPort]) {
      while (!(await isFree(each)) && Date.now() < deadline) await sleep(20);
    }
  }

  private async end(signal: NodeJS.Signals, graceMs: number): Promise<void> {
    if (this.running !== undefined) {
      await endProcess(this.running.pid, this.running.identity, signal, graceMs);
      this.watchdog?.forget(this.running.pid);
    }
    this.running = undefined;
    await removeRecord(this.plan.dataDir, this.plan.name);
  }

  private async lastLogLines(): Promise<string> {
    const text = await readFile(join(this.plan.dataDir, 'logs', `${this.plan.name}.log`), 'utf8').catch(() => '');
    return text.trim().split('\n').slice(-3).join(' / ').slice(0, 600) || 'it wrote nothing';
  }
}

/** Sends the signal, then SIGKILL after the grace, and waits for the end; a process of another identity is left alone. */
export async function endProcess(
  pid: number,
  identity: string,
  signal: NodeJS.Signals,
  graceMs: number,
): Promise<void> {
  if (!signalProcess(pid, identity, signal)) return;
  const deadline = Date.now() + graceMs;
  let forced = signal === 'SIGKILL';
  while (isAlive(pid, identity)) {
    if (!forced && Date.now() >= deadline) forced = signalProcess(pid, identity, 'SIGKILL');
    await sleep(20);
  }
}
