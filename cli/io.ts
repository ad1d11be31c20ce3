import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';

/** Where text goes, as much of a stream as commands need. */
export interface Output {
  write(text: string): void;
  readonly isTTY: boolean;
  /** Columns and rows of the terminal now; undefined when it is none. */
  size(): { readonly columns: number; readonly rows: number } | undefined;
}

/** Everything a command reads from and writes to the world but the API, so that tests can stand in for it. */
export interface Io {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: NodeJS.ProcessEnv;
  /** Text of a file; `-` is standard input. */
  readText(path: string): Promise<string>;
  /** Bytes of a file as they are read; `-` is standard input. What goes wrong is the stream's error. */
  readStream(path: string): Readable;
  /** Tells of SIGINT and SIGTERM until the function returned is called; they do not end the process meanwhile. */
  onSignal(listener: (signal: 'SIGINT' | 'SIGTERM') => void): () => void;
}

/** The process's own streams, environment and signals. */
export function processIo(): Io {
  // A reader that closes early (`| head`) is no error worth a message.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  }
  return {
    stdout: outputOf(process.stdout),
    stderr: outputOf(process.stderr),
    env: process.env,
    readText: (path) => (path === '-' ? text(process.stdin) : readFile(path, 'utf8')),
    readStream: (path) => (path === '-' ? process.stdin : createReadStream(path)),
    onSignal(listener) {
      const onInt = (): void => listener('SIGINT');
      const onTerm = (): void => listener('SIGTERM');
      process.on('SIGINT', onInt).on('SIGTERM', onTerm);
      return () => void process.off('SIGINT', onInt).off('SIGTERM', onTerm);
    },
  };
}

function outputOf(stream: NodeJS.WriteStream): Output {
  return {
    write: (text) => void stream.write(text),
    isTTY: stream.isTTY === true,
    size: () => (stream.isTTY ? { columns: stream.columns, rows: stream.rows } : undefined),
  };
}
