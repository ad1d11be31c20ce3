import { Worker } from 'node:worker_threads';

/** How a process is watched. */
export interface StallWatchOptions {
  /** Longest time that the whole process may stand still, in milliseconds. */
  readonly allowedMs: number;
  /** How often is looked, in milliseconds. */
  readonly everyMs: number;
}

/**
 * A task of a workflow is given up by Temporal after three seconds, of which the SDK keeps the last 0.6 to ask for more.
 */
const DEFAULTS: StallWatchOptions = { allowedMs: 2_000, everyMs: 200 };

/** Ticks in a thread of its own, which computing on the main thread does not hold up: only what stops the process does. */
const TICKING = `
const { parentPort, workerData } = require('node:worker_threads');
let last = performance.now();
setInterval(() => {
  const now = performance.now();
  if (now - last > workerData.allowedMs) parentPort.postMessage(now - last);
  last = now;
}, workerData.everyMs);
`;

/**
 * Tells when the whole process has stood still: stopped, paused with its container, swapped out or starved.
 *
 * A worker must not go on after that. When a task has timed out meanwhile, the SDK hands the next attempt to the workflow
 * as it stands in memory, with what it still waits for of the attempt before (`incoming_wft` in `managed_run.rs` of the
 * core of `@temporalio/worker` 1.24.0). What is then recorded is in the order and at the times of the first attempt, and
 * a replay sees those of the second: the rollout could never be taken up by another process. One that starts afresh
 * takes rollouts up from their histories.
 *
 * @param onStall - called with how long it stood still, in milliseconds, as soon as it goes on
 * @returns ends the watch
 */
export function watchForStalls(
  onStall: (stoodStillMs: number) => void,
  options: StallWatchOptions = DEFAULTS,
): () => Promise<void> {
  const thread = new Worker(TICKING, { eval: true, workerData: options, execArgv: [] });
  thread.unref();
  thread.on('message', onStall);
  return async () => {
    await thread.terminate();
  };
}
