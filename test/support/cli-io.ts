import { Readable } from 'node:stream';
import type { Io } from '../../cli/io';

/** A terminal or a pipe that remembers what was written to it. */
export interface FakeIo extends Io {
  out(): string;
  err(): string;
  /** Sends a signal to whoever listens. */
  signal(name: 'SIGINT' | 'SIGTERM'): void;
}

export function givenIo(
  options: { files?: Record<string, string | Buffer>; env?: NodeJS.ProcessEnv; columns?: number } = {},
): FakeIo {
  const { files = {}, env = {}, columns } = options;
  const listeners = new Set<(signal: 'SIGINT' | 'SIGTERM') => void>();
  const written = { out: '', err: '' };
  const output = (name: 'out' | 'err') => ({
    write: (text: string) => void (written[name] += text),
    isTTY: columns !== undefined,
    size: () => (columns === undefined ? undefined : { columns, rows: 40 }),
  });
  const contentOf = (path: string): string | Buffer => {
    const content = files[path];
    if (content === undefined) throw Object.assign(new Error(`no ${path}`), { code: 'ENOENT' });
    return content;
  };
  return {
    stdout: output('out'),
    stderr: output('err'),
    // A data folder that does not exist, so that no profile of this machine plays in.
    env: { HEADGATE_DATA_DIR: '/nonexistent/headgate', ...env },
    async readText(path) {
      return contentOf(path).toString();
    },
    readStream(path) {
      return Readable.from(
        (async function* () {
          yield Buffer.from(contentOf(path));
        })(),
        { objectMode: false },
      );
    },
    onSignal(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    out: () => written.out,
    err: () => written.err,
    signal: (name) => listeners.forEach((listener) => listener(name)),
  };
}
