import { fork, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { DemoApi } from '../../demo/api';
import { createFirstToken } from '../../server/bootstrap';
import { freePort, startStack, type Stack } from '../../stack';
import { connectDatabase, type Database } from '../../store/database';
import { ensureSchema } from '../../store/schema';
import { MongoTokensRepository } from '../../store/tokens-repository';
import type { Moment, Victim, Word } from './moments';

/** Parts that can be made to stand still, as a machine that swaps or a paused container does. */
export type Freezable = 'worker' | 'server';

const ROOT = join(__dirname, '..', '..');
const READY_WITHIN_MS = 60_000;

/** A whole installation whose parts can be killed and come back: processes, Temporal and database are the real ones. */
export class ChaosStand {
  private worker: ChildProcess | null = null;
  private server: ChildProcess | null = null;
  private readonly listeners = new Set<(word: Word) => void>();

  private constructor(
    readonly stack: Stack,
    readonly api: DemoApi,
    private readonly url: string,
    private readonly environment: NodeJS.ProcessEnv,
  ) {}

  /** Starts everything on ports and data of its own. */
  static async open(): Promise<ChaosStand> {
    const stack = await startStack({
      mode: 'attached',
      ports: { temporal: 0, temporalUi: 0, mongodb: 0 },
      // Other stacks of this machine are not ours to kill.
      env: { ...process.env, HEADGATE_TEMPORAL_ADDRESS: '', HEADGATE_MONGODB_URL: '' },
      log: () => undefined,
    });
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const environment = {
      ...process.env,
      HEADGATE_MONGODB_URL: stack.mongodb.url,
      HEADGATE_MONGODB_DATABASE: 'chaos',
      HEADGATE_TEMPORAL_ADDRESS: stack.temporal.address,
      HEADGATE_SIGNING_KEY: randomBytes(32).toString('hex'),
      HEADGATE_HTTP_PORT: String(port),
      HEADGATE_LOG_LEVEL: 'error',
    };
    const database = await connectDatabase({ url: stack.mongodb.url, name: 'chaos' });
    await ensureSchema(database.db);
    const token = await createFirstToken(new MongoTokensRepository(database.db), Date.now());
    await database.close();
    const stand = new ChaosStand(stack, new DemoApi(url, token ?? ''), url, environment);
    await Promise.all([stand.startWorker(), stand.startServer()]);
    return stand;
  }

  /** A connection for checks from outside. */
  async database(): Promise<Database> {
    return connectDatabase({ url: this.stack.mongodb.url, name: 'chaos' });
  }

  /** Arms a moment in the worker; the promise settles when it is reached. */
  async arm(moment: Moment): Promise<void> {
    const reached = this.hear((word) => 'reached' in word && word.reached === moment);
    this.worker?.send({ arm: moment });
    await reached;
  }

  /** Kills a part with SIGKILL and starts it again; answers when it accepts work. */
  async killAndRestart(victim: Victim): Promise<void> {
    switch (victim) {
      case 'worker':
        await ended(this.worker);
        return this.startWorker();
      case 'server':
        await ended(this.server);
        return this.startServer();
      case 'temporal':
        return this.stack.temporal.restart();
      case 'database':
        return this.stack.mongodb.restart();
    }
  }

  /** Stops a process where it is, for so many milliseconds, and lets it go on. */
  async freeze(part: Freezable, forMs: number): Promise<void> {
    const process = part === 'worker' ? this.worker : this.server;
    process?.kill('SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, forMs));
    process?.kill('SIGCONT');
  }

  async close(): Promise<void> {
    await Promise.all([ended(this.worker), ended(this.server)]);
    await this.stack.stop();
  }

  private async startWorker(): Promise<void> {
    const ready = this.hear((word) => 'ready' in word);
    const worker = this.launch(join(__dirname, 'chaos-worker.ts'));
    worker.on('message', (word: Word) => {
      for (const listener of [...this.listeners]) listener(word);
    });
    // One that ends by itself is started again, as whoever keeps workers does.
    worker.once('exit', (code, signal) => {
      if (this.worker === worker && signal !== 'SIGKILL' && code !== 0) void this.startWorker().catch(() => undefined);
    });
    this.worker = worker;
    await ready;
  }

  private async startServer(): Promise<void> {
    this.server = this.launch(join(ROOT, 'server', 'main.ts'));
    const giveUpAt = Date.now() + READY_WITHIN_MS;
    let last = 'nothing was heard of it';
    while (Date.now() < giveUpAt) {
      try {
        const answer = await fetch(`${this.url}/readyz`, { signal: AbortSignal.timeout(1000) });
        if (answer.ok) return;
        last = `${answer.status} ${await answer.text()}`;
      } catch (error) {
        last = String(error);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`the server is not ready in time: ${last}`);
  }

  /** A process that does not outlive this one, whose end closes its standard input. */
  private launch(program: string): ChildProcess {
    return fork(program, {
      execArgv: ['--require', join(ROOT, 'demo', 'die-with-parent.cjs'), '--require', 'tsx/cjs'],
      env: this.environment,
      stdio: ['pipe', 'ignore', 'inherit', 'ipc'],
    });
  }

  private async hear(wanted: (word: Word) => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const overdue = setTimeout(() => {
        this.listeners.delete(listener);
        reject(new Error('the worker did not say what was waited for'));
      }, READY_WITHIN_MS);
      const listener = (word: Word): void => {
        if (!wanted(word)) return;
        clearTimeout(overdue);
        this.listeners.delete(listener);
        resolve();
      };
      this.listeners.add(listener);
    });
  }
}

async function ended(child: ChildProcess | null): Promise<void> {
  if (child === null || child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await exited;
}
