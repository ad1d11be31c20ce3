import { resolve } from 'node:path';
import { COMPONENTS, readRecord, removeDataDir, removeRecord } from './data-dir';
import { endProcess } from './managed-component';
import { mongodbUrl } from './mongodb';
import { LOOPBACK } from './ports';
import { isAlive } from './process-identity';
import type { StackStatus } from './stack-types';

const STOP_GRACE_MS = 8000;

/**
 * Ends what runs on a data folder; the data stays. A process that merely has the pid of one that has died is left alone.
 *
 * @returns the names of those that were running
 */
export async function stopStack(dataDir: string): Promise<string[]> {
  const ended = await Promise.all(
    COMPONENTS.map(async (component) => {
      const record = await readRecord(resolve(dataDir), component);
      if (record === undefined) return [];
      const wasRunning = isAlive(record.pid, record.identity);
      await endProcess(record.pid, record.identity, 'SIGTERM', STOP_GRACE_MS);
      await removeRecord(resolve(dataDir), component);
      return wasRunning ? [component] : [];
    }),
  );
  return ended.flat();
}

/**
 * Ends what runs on a data folder and removes all its data.
 *
 * @throws {HeadgateError} INVALID_ARGUMENT when the folder is not one that the stack made
 */
export async function resetStack(dataDir: string): Promise<void> {
  await stopStack(dataDir);
  await removeDataDir(resolve(dataDir));
}

/** What runs on a data folder now. */
export async function stackStatus(dataDir: string): Promise<StackStatus> {
  const living = async (component: (typeof COMPONENTS)[number]) => {
    const record = await readRecord(resolve(dataDir), component);
    return record !== undefined && isAlive(record.pid, record.identity) ? record : undefined;
  };
  const [temporal, mongodb] = await Promise.all([living('temporal'), living('mongodb')]);
  return {
    temporal: temporal && {
      pid: temporal.pid,
      address: `${LOOPBACK}:${temporal.port}`,
      uiUrl: `http://${LOOPBACK}:${temporal.uiPort}`,
    },
    mongodb: mongodb && { pid: mongodb.pid, url: mongodbUrl(mongodb.port) },
  };
}
