import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
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
  return path === '-' ? outputSink(io) : fileSink(path);
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

async function fileSink(path: string): Promise<LineSink> {
  const unfinished = `${path}.${randomUUID().slice(0, 8)}.part`;
  const unwritable = (error: unknown): HeadgateError =>
    new HeadgateError(ErrorCode.InvalidArgument, `'${path}' cannot be written: ${messageOf(error)}`, { cause: error });
  const file = await open(unfinished, 'wx').catch((error: unknown) => {
    throw unwritable(error);
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
    },
    async discard() {
      await file.close().catch(() => undefined);
      await rm(unfinished, { force: true });
    },
  };
}

/**
 * Writes a whole file beside its place and moves it there.
 *
 * @throws {HeadgateError} INVALID_ARGUMENT when it cannot be written
 */
export async function writeWhole(path: string, text: string): Promise<void> {
  const sink = await fileSink(path);
  try {
    await sink.write(text.replace(/\n$/, ''));
    await sink.close();
  } catch (error) {
    await sink.discard();
    throw error;
  }
}
