import { Worker } from 'node:worker_threads';
import { quantile } from './history-figures';

const EVERY_MS = 100;
/** Runs in a thread with nothing else to do: how late its timer is tells how long anything waits for a core of this machine. */
const SOURCE = `
  const { parentPort } = require('node:worker_threads');
  const late = [];
  let due = performance.now() + ${EVERY_MS};
  const tick = () => {
    const now = performance.now();
    late.push(Math.max(0, now - due));
    due = now + ${EVERY_MS};
    setTimeout(tick, ${EVERY_MS});
  };
  setTimeout(tick, ${EVERY_MS});
  parentPort.on('message', () => parentPort.postMessage(late.splice(0)));
`;

/** How late a plain timer of this machine is, in milliseconds. */
export interface TimerLateness {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** A timer beside the measurement, for comparison: on a machine that is shared, it is late too. */
export class ReferenceTimer {
  private readonly worker = new Worker(SOURCE, { eval: true });

  /** What was seen since the last reading. */
  async read(): Promise<TimerLateness> {
    const answer = new Promise<number[]>((resolve) => this.worker.once('message', resolve));
    this.worker.postMessage('read');
    const late = await answer;
    return { p50Ms: quantile(late, 0.5), p99Ms: quantile(late, 0.99), maxMs: Math.max(0, ...late) };
  }

  async stop(): Promise<void> {
    await this.worker.terminate();
  }
}
