import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { ErrorCode, HeadgateError, messageOf } from '../../core/errors';
import type { Io } from '../io';

const GZIP_MAGIC = [0x1f, 0x8b] as const;

/**
 * Bytes of a data file that the command line names, unpacked when they are gzip, whatever the file's name says; `-` is
 * standard input. Read as it is consumed, so that a large file is never held whole.
 *
 * @throws {HeadgateError} INVALID_ARGUMENT, on iteration, when it cannot be read or unpacked
 */
export async function* openData(io: Io, path: string): AsyncGenerator<Buffer> {
  const source = io.readStream(path);
  try {
    yield* unpacked(source);
  } catch (error) {
    throw unreadable(path, error);
  } finally {
    source.destroy();
  }
}

/**
 * Lines of a text, without their ends; the last may lack one. A line of more than 16 MB is refused.
 *
 * @param path - where the bytes come from, for errors
 * @throws {HeadgateError} INVALID_ARGUMENT, on iteration, with a line too long
 */
export async function* readLines(
  path: string,
  bytes: AsyncIterable<Buffer>,
): AsyncGenerator<{ line: number; text: string }> {
  const decoder = new TextDecoder();
  let rest = '';
  let line = 0;
  const tell = (text: string): { line: number; text: string } => ({ line: ++line, text: text.replace(/\r$/, '') });
  for await (const chunk of bytes) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) yield tell(part);
    if (rest.length > MAX_LINE_LENGTH) {
      throw new HeadgateError(ErrorCode.InvalidArgument, `line ${line + 1} of '${path}' is longer than 16 MB`, {
        remedy: 'Write one record a line; a binary file is no recording.',
      });
    }
  }
  rest += decoder.decode();
  if (rest !== '') yield tell(rest);
}

const MAX_LINE_LENGTH = 16 * 1024 * 1024;

async function* unpacked(source: Readable): AsyncGenerator<Buffer> {
  const chunks = source[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let head = Buffer.alloc(0);
  while (head.length < GZIP_MAGIC.length) {
    const next = await chunks.next();
    if (next.done === true) break;
    head = Buffer.concat([head, next.value]);
  }
  const whole = (async function* () {
    if (head.length > 0) yield head;
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield next.value;
  })();
  if (!GZIP_MAGIC.every((byte, index) => head[index] === byte)) return yield* whole;
  // What goes wrong on the way surfaces where the last stream is read.
  yield* pipeline(
    Readable.from(whole, { objectMode: false }),
    createGunzip(),
    () => undefined,
  ) as AsyncIterable<Buffer>;
}

function unreadable(path: string, error: unknown): HeadgateError {
  if (error instanceof HeadgateError) return error;
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const why =
    code === 'ENOENT'
      ? `there is no file '${path}'`
      : code.startsWith('Z_')
        ? `'${path}' is broken gzip: ${messageOf(error)}`
        : `'${path}' cannot be read: ${messageOf(error)}`;
  return new HeadgateError(ErrorCode.InvalidArgument, why, {
    cause: error,
    remedy: 'Name a file, plain or gzip, or - for standard input.',
  });
}
