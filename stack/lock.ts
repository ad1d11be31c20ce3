import { randomUUID } from 'node:crypto';
import { readFile, rm, stat, writeFile, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive, processIdentity } from './process-identity';

interface Holder {
  readonly pid: number;
  readonly identity: string;
  readonly token: string;
}

const POLL_MS = 100;
/** Stealing takes a millisecond; one that is this old belongs to a process that died inside it. */
const STEAL_TIMEOUT_MS = 10_000;

/**
 * Runs `work` while this process alone holds the lock file, waiting as long as its holder lives. A holder that died, however it
 * died, holds nothing.
 *
 * @param onWait - told once, with the holder's pid, when there is somebody to wait for
 */
export async function withLock<T>(path: string, work: () => Promise<T>, onWait?: (pid: number) => void): Promise<T> {
  const token = randomUUID();
  await mkdir(dirname(path), { recursive: true });
  let told = false;
  while (!(await tryTake(path, token))) {
    const holder = await readHolder(path);
    if (holder !== undefined && !isAlive(holder.pid, holder.identity)) {
      await steal(path, holder);
      continue;
    }
    if (!told && holder !== undefined) onWait?.(holder.pid);
    told ||= holder !== undefined;
    await sleep(POLL_MS);
  }
  try {
    return await work();
  } finally {
    if ((await readHolder(path))?.token === token) await rm(path, { force: true });
  }
}

async function tryTake(path: string, token: string): Promise<boolean> {
  const holder: Holder = { pid: process.pid, identity: processIdentity(process.pid) ?? '', token };
  try {
    await writeFile(path, JSON.stringify(holder), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** The holder; one that never finished writing its name counts as dead once the file is old. */
async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Holder;
  } catch {
    const ageMs = await stat(path).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    );
    return ageMs > STEAL_TIMEOUT_MS ? { pid: -1, identity: 'unreadable', token: '' } : undefined;
  }
}

/** Removes a dead holder's file, one thief at a time, so that nobody removes the file of a new living holder. */
async function steal(path: string, dead: Holder): Promise<void> {
  const thief = `${path}.steal`;
  if (!(await tryTake(thief, dead.token))) {
    const ageMs = await stat(thief).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    );
    if (ageMs > STEAL_TIMEOUT_MS) await rm(thief, { force: true });
    else await sleep(POLL_MS);
    return;
  }
  try {
    if ((await readHolder(path))?.token === dead.token) await rm(path, { force: true });
  } finally {
    await rm(thief, { force: true });
  }
}
