import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { canonicalJson } from '../core/canonical-json';
import { ErrorCode, HeadgateError } from '../core/errors';
import { endProcess } from './managed-component';
import { READY_SIGNAL } from './keeping';
import { isAlive, processIdentity, signalProcess } from './process-identity';

/** A process of Headgate that is to outlive its starter, and is started again when it dies. */
export interface DetachedPlan {
  /** Names its record and its log; unlike the stack's own components. */
  readonly name: string;
  readonly dataDir: string;
  readonly command: string;
  readonly args: readonly string[];
  /** What it is told beside this process's environment; a running one that was told otherwise is started anew. */
  readonly settings: Readonly<Record<string, string>>;
  /** Asked again and again, with what it has logged since its start, until it says yes. */
  readonly isReady: (log: string) => Promise<boolean>;
  readonly readyTimeoutMs: number;
}

interface DetachedRecord {
  readonly pid: number;
  /** See `processIdentity`. */
  readonly identity: string;
  /** SHA-256 of command and settings. */
  readonly told: string;
}

const READY_POLL_MS = 100;
const STOP_GRACE_MS = 12_000;
const LOG_BYTES = 64 * 1024;

/**
 * Starts a process that outlives this one, under a keeper that starts it again when it dies, and waits until it is
 * ready. One that runs with the same settings is used as it is.
 *
 * @returns whether it was running already
 * @throws {HeadgateError} STACK_UNAVAILABLE when it ends or does not become ready in time; it is not left running then
 */
export async function startDetached(plan: DetachedPlan): Promise<'started' | 'running'> {
  const { name, dataDir, command, args, settings } = plan;
  const told = createHash('sha256').update(canonicalJson({ command, args, settings })).digest('hex');
  const standing = await readRecord(recordFile(dataDir, name));
  if (standing !== undefined && isAlive(standing.pid, standing.identity)) {
    if (standing.told === told) return 'running';
  }
  // Whatever stands is told otherwise, or was left behind by a keeper that was killed.
  await stopDetached(dataDir, name);
  await mkdir(join(dataDir, 'logs'), { recursive: true });
  await mkdir(join(dataDir, 'run'), { recursive: true });
  const logFile = join(dataDir, 'logs', `${name}.log`);
  const began = await stat(logFile)
    .then(({ size }) => size)
    .catch(() => 0);
  const log = openSync(logFile, 'a', 0o600);
  const keeper = keeperProgram();
  const child = spawn(keeper.command, [...keeper.args, name, childFile(dataDir, name), command, ...args], {
    env: { ...process.env, ...settings },
    stdio: ['ignore', log, log],
    detached: true,
  });
  closeSync(log);
  let ended: string | undefined;
  child.once('exit', (code, signal) => (ended = signal ?? `exit status ${code}`));
  child.once('error', (error) => (ended = error.message));
  child.unref();
  const { pid } = child;
  const identity = pid === undefined ? undefined : processIdentity(pid);
  if (pid !== undefined && identity !== undefined) await writeRecord(dataDir, name, { pid, identity, told });
  const deadline = Date.now() + plan.readyTimeoutMs;
  while (!(await plan.isReady(await logSince(logFile, began))) || ended !== undefined) {
    if (ended === undefined && Date.now() < deadline) {
      await sleep(READY_POLL_MS);
      continue;
    }
    const why =
      ended === undefined ? `was not ready within ${plan.readyTimeoutMs / 1000} s` : `ended at once (${ended})`;
    await stopDetached(dataDir, name);
    const last = (await logSince(logFile, began)).trim().split('\n').slice(-3).join(' / ').slice(-600);
    throw new HeadgateError(ErrorCode.StackUnavailable, `the ${name} ${why}: ${last || 'it wrote nothing'}`, {
      remedy: `See ${logFile}.`,
    });
  }
  if (pid !== undefined && identity !== undefined) signalProcess(pid, identity, READY_SIGNAL);
  return 'started';
}

/**
 * Ends a process that `startDetached` has started, in order and by force after some seconds. One that merely has its
 * pid is left alone.
 *
 * @returns whether it was running
 */
export async function stopDetached(dataDir: string, name: string): Promise<boolean> {
  let wasRunning = false;
  // The keeper first: it ends what it keeps. What a killed keeper has left is ended by its own record.
  for (const file of [recordFile(dataDir, name), childFile(dataDir, name)]) {
    const record = await readRecord(file);
    if (record === undefined) continue;
    wasRunning ||= isAlive(record.pid, record.identity);
    await endProcess(record.pid, record.identity, 'SIGTERM', STOP_GRACE_MS);
    await rm(file, { force: true });
  }
  return wasRunning;
}

/** Whether a process that `startDetached` has started under this name lives. */
export async function isDetachedAlive(dataDir: string, name: string): Promise<boolean> {
  const record = await readRecord(recordFile(dataDir, name));
  return record !== undefined && isAlive(record.pid, record.identity);
}

async function readRecord(file: string): Promise<DetachedRecord | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as DetachedRecord;
  } catch {
    return undefined;
  }
}

async function writeRecord(dataDir: string, name: string, record: DetachedRecord): Promise<void> {
  const file = recordFile(dataDir, name);
  await writeFile(`${file}.${process.pid}`, JSON.stringify(record, null, 2));
  await rename(`${file}.${process.pid}`, file);
}

/** Where a keeper says which process it keeps. */
function childFile(dataDir: string, name: string): string {
  return join(dataDir, 'run', `${name}.child.json`);
}

function keeperProgram(): { readonly command: string; readonly args: readonly string[] } {
  const isTypescript = __filename.endsWith('.ts');
  const main = join(__dirname, isTypescript ? 'keeper-main.ts' : 'keeper-main.js');
  return {
    command: process.execPath,
    args: [...(isTypescript ? ['--require', require.resolve('tsx/cjs')] : []), main],
  };
}

function recordFile(dataDir: string, name: string): string {
  return join(dataDir, 'run', `${name}.json`);
}

/** What was logged from that byte on, its end when it is long. */
async function logSince(file: string, from: number): Promise<string> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const start = Math.max(from, size - LOG_BYTES);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(Math.max(0, size - start)), 0, size - start, start);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
}
