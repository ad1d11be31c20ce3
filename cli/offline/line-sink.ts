import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { open, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ErrorCode, HeadgateError, messageOf } from '../../core/errors';
import type { Io } from '../io';

const BATCH = 1 << 16;

/** Where lines of an answer go. Nothing is seen of them until {@link LineSink.close}: an answer is whole or not there. */
export interface LineSink {
  write(line: string): Promise<void>;
  close(): Promise<void>;
  discard(): Promise<void>;
}

/**
 * Opens a file for lines, or standard output for `-`. A file is written beside its place and moved there at the end.
 *
 * @throws {HeadgateError} INVALID_ARGUMENT when it cannot be written
 */
export async function openSink(io: Io, path: string): Promise<LineSink> {
  return path === '-' ? outputSink(io) : fileSink(io, path);
}

function outputSink(io: Io): LineSink {
  let held: string[] = [];
  return {
    async write(line) {
      held.push(line);
    },
    async close() {
      for (const line of held) io.stdout.write(`${line}\n`);
      held = [];
    },
    async discard() {
      held = [];
    },
  };
}

async function fileSink(io: Io, path: string): Promise<LineSink> {
  const unfinished = `${path}.${randomUUID().slice(0, 8)}.part`;
  const unwritable = (error: unknown): HeadgateError => cannotWrite(path, error);
  if (await isFolder(path)) throw itIsAFolder(path);
  const file = await open(unfinished, 'wx').catch((error: unknown) => {
    throw unwritable(error);
  });
  // Ctrl-C leaves nothing half written behind.
  const unwatch = io.onSignal((signal) => {
    unwatch();
    rmSync(unfinished, { force: true });
    process.kill(process.pid, signal);
  });
  let held = '';
  const flush = async (): Promise<void> => {
    const text = held;
    held = '';
    await file.writeFile(text).catch((error: unknown) => {
      throw unwritable(error);
    });
  };
  return {
    async write(line) {
      held += `${line}\n`;
      if (held.length > BATCH) await flush();
    },
    async close() {
      await flush();
      await file.close();
      await rename(unfinished, path).catch((error: unknown) => {
        throw unwritable(error);
      });
      unwatch();
    },
    async discard() {
      unwatch();
      await file.close().catch(() => undefined);
      await rm(unfinished, { force: true });
    },
  };
}

/**
 * Refuses, before any work is done, a place that an answer cannot go to: a folder, one in a folder that is not there,
 * or a file that the answer is made from.
 *
 * @param inputs - files that are read; `-` is standard input
 * @throws {HeadgateError} INVALID_ARGUMENT
 */
export async function refuseUnusable(path: string, inputs: readonly string[]): Promise<void> {
  if (path === '-') return;
  if (await isFolder(path)) throw itIsAFolder(path);
  if (!(await isFolder(dirname(path)))) {
    throw cannotWrite(path, Object.assign(new Error(`there is no folder '${dirname(path)}'`), { code: 'ENOENT' }));
  }
  const standing = await realpath(path).catch(() => undefined);
  for (const input of inputs) {
    if (standing === undefined || (await realpath(input).catch(() => undefined)) !== standing) continue;
    throw new HeadgateError(ErrorCode.InvalidArgument, `--out names '${path}', which is read`, {
      remedy: 'Name another file.',
    });
  }
}

function itIsAFolder(path: string): HeadgateError {
  return cannotWrite(path, Object.assign(new Error('it is a folder'), { code: 'EISDIR' }));
}

async function isFolder(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isDirectory() === true;
}

const REMEDIES: Readonly<Record<string, string>> = {
  ENOENT: 'Make the folder that it is to stand in first.',
  ENOTDIR: 'Something on the way to it is a file and no folder.',
  EISDIR: 'Name a file.',
  EACCES: 'Name a place that you may write to.',
  EROFS: 'Name a place that you may write to.',
  ENOSPC: 'Make room, or name another disk.',
};

function cannotWrite(path: string, error: unknown): HeadgateError {
  const remedy = REMEDIES[(error as NodeJS.ErrnoException).code ?? ''];
  return new HeadgateError(ErrorCode.InvalidArgument, `'${path}' cannot be written: ${messageOf(error)}`, {
    cause: error,
    ...(remedy === undefined ? {} : { remedy }),
  });
}

/**
 * Writes a whole file beside its place and moves it there.
 *
 * @throws {HeadgateError} INVALID_ARGUMENT when it cannot be written
 */
export async function writeWhole(io: Io, path: string, text: string): Promise<void> {
  const sink = await fileSink(io, path);
  try {
    await sink.write(text.replace(/\n$/, ''));
    await sink.close();
  } catch (error) {
    await sink.discard();
    throw error;
  }
}
