import { spawn, type ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { processIdentity } from './process-identity';
import { READY_SIGNAL, restartDelayMs } from './keeping';

/** A process that lives this long has started well: its next death is the first of a new row. */
const STEADY_MS = 60_000;
/**
 * One that ends sooner in its first life, and before its starter found it ready, cannot work at all, such as with
 * settings that it refuses: that is its starter's to tell.
 */
const FIRST_LIFE_MS = 5_000;

const [name = '', childFile = '', command = '', ...args] = process.argv.slice(2);
let child: ChildProcess | undefined;
let timer: NodeJS.Timeout | undefined;
let isStopping = false;
let wasFoundReady = false;
let lives = 0;
let deaths = 0;

/**
 * Keeps one process of an installation alive: `keeper-main NAME CHILD_FILE COMMAND ARGS…`. Logs into its own standard
 * error.
 */
function start(): void {
  const startedAt = performance.now();
  lives += 1;
  const started = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  child = started;
  const { pid } = started;
  const identity = pid === undefined ? undefined : processIdentity(pid);
  // Whoever finds this process gone finds the one that it left behind.
  if (identity !== undefined) writeFileSync(childFile, JSON.stringify({ pid, identity }));
  started.once('error', (error) => ended(error.message, 1, performance.now() - startedAt));
  started.once('exit', (code, signal) => {
    ended(signal ?? `exit status ${code}`, code ?? 1, performance.now() - startedAt);
  });
}

function ended(how: string, code: number, livedMs: number): void {
  if (isStopping) process.exit(0);
  if (lives === 1 && !wasFoundReady && livedMs < FIRST_LIFE_MS) process.exit(code === 0 ? 1 : code);
  deaths = livedMs >= STEADY_MS ? 1 : deaths + 1;
  const delayMs = restartDelayMs(deaths);
  say(`the ${name} ended (${how}) after ${(livedMs / 1000).toFixed(1)} s and is started again in ${delayMs / 1000} s`);
  timer = setTimeout(start, delayMs);
}

function say(message: string): void {
  process.stderr.write(`${JSON.stringify({ level: 40, time: Date.now(), process: 'keeper', name, msg: message })}\n`);
}

process.on(READY_SIGNAL, () => {
  wasFoundReady = true;
});
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    isStopping = true;
    clearTimeout(timer);
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) process.exit(0);
    child.kill('SIGTERM');
  });
}

start();
