import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { buffer } from 'node:stream/consumers';
import { ErrorCode, HeadgateError } from '../../core/errors';
import type { CommitChange, FileChange } from './change';
import { LOG_FORMAT, parseLog } from './parse-log';

const KEPT_ERROR_CHARACTERS = 4_000;
const NEWLINE = 10;

/** Options that keep a user's or repository's own settings from changing what git writes, and from running programs. */
const NEUTRAL = [
  '-c',
  'core.quotePath=false',
  '-c',
  'log.showSignature=false',
  '-c',
  'diff.renameLimit=2000',
  '-c',
  'core.fsmonitor=false',
];
const NUMSTAT = ['-z', '--numstat', '--find-renames', '--no-ext-diff', '--no-textconv', '--ignore-submodules=none'];

/** A file's content before a change: the commit it is read at, and where it was. */
export interface PastFile {
  readonly commit: string;
  readonly path: string;
}

/**
 * Reads one git repository through the `git` program (2.20 or later), without a shell and without writing to it.
 * Every method throws {@link HeadgateError} INVALID_REPOSITORY, with git's own words, when git refuses.
 */
export class Repository {
  constructor(private readonly folder: string) {}

  /** Whether the folder lies within a checkout, and git can be run. */
  async isCheckout(): Promise<boolean> {
    try {
      return (await this.line('rev-parse', '--is-inside-work-tree')) === 'true';
    } catch {
      return false;
    }
  }

  /** Paths within the folder that are tracked, or new and not ignored; some may have been deleted since. */
  async *files(): AsyncGenerator<string> {
    let rest = Buffer.alloc(0);
    for await (const chunk of this.stream('ls-files', '-z', '--cached', '--others', '--exclude-standard', '--', '.')) {
      const whole = Buffer.concat([rest, chunk]);
      let from = 0;
      for (let end = whole.indexOf(0); end >= 0; end = whole.indexOf(0, from)) {
        yield whole.toString('utf8', from, end);
        from = end + 1;
      }
      rest = whole.subarray(from);
    }
  }

  /** The full id of what a name such as `HEAD` or `main` stands for; null when there is no such commit. */
  async resolve(name: string): Promise<string | null> {
    try {
      return await this.line('rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`);
    } catch (error) {
      if (error instanceof HeadgateError && error.details?.['exitCode'] === 1) return null;
      throw error;
    }
  }

  /** Whether its history was cut off when it was cloned. */
  async isShallow(): Promise<boolean> {
    return (await this.line('rev-parse', '--is-shallow-repository')) === 'true';
  }

  /** Ids of the first commits of a history, which tell one repository from another wherever it is cloned to. */
  async roots(commit: string): Promise<readonly string[]> {
    return (await this.text('rev-list', '--max-parents=0', commit))
      .split('\n')
      .filter((line) => line !== '')
      .sort();
  }

  /** Parents of a commit as this clone knows them: none for the first, and none where a shallow clone ends. */
  async parents(commit: string): Promise<readonly string[]> {
    const [, ...parents] = (await this.line('rev-list', '--parents', '--max-count=1', commit)).split(' ');
    return parents;
  }

  /** The youngest commit that both have in their history; null when they have nothing in common. */
  async mergeBase(left: string, right: string): Promise<string | null> {
    try {
      return await this.line('merge-base', left, right);
    } catch (error) {
      if (error instanceof HeadgateError && error.details?.['exitCode'] === 1) return null;
      throw error;
    }
  }

  /**
   * Commits that stand in `until`'s history and not in `since`'s, parents first, without merges, which bring nothing of
   * their own.
   */
  commits(since: string | null, until: string): AsyncGenerator<CommitChange> {
    const range = since === null ? [until] : [until, `^${since}`];
    return parseLog(
      this.stream(
        'log',
        ...NUMSTAT,
        '--no-merges',
        '--topo-order',
        '--reverse',
        '--date=raw',
        LOG_FORMAT,
        ...range,
        '--',
      ),
    );
  }

  /** What lies between two commits as one change; from the empty tree when there is no `since`. */
  async difference(since: string | null, until: string): Promise<readonly FileChange[]> {
    const from = since ?? (await this.line('hash-object', '-t', 'tree', '--stdin'));
    const header = Buffer.from(`\u0001${until}\u0002\u00020 +0000\u00020\u0002\u0002\u0003\0`);
    const difference = this.stream('diff-tree', '-r', ...NUMSTAT, from, until, '--');
    for await (const commit of parseLog(prepend(header, difference))) return commit.files;
    return [];
  }

  /** Lines of each file as it was; 0 for one that was not there. In the order asked. One process for all of them. */
  async countLines(files: readonly PastFile[]): Promise<readonly number[]> {
    // A line break ends a request, so a path that holds one cannot be asked for; it counts as not there.
    const asked = files.map(({ commit, path }) => (path.includes('\n') ? `${commit}:\u0001` : `${commit}:${path}`));
    const child = this.spawn('cat-file', '--batch');
    child.stdin.on('error', () => undefined);
    child.stdin.end(asked.map((name) => `${name}\n`).join(''));
    const reader = new BatchReader(this.output(child, 'cat-file --batch'));
    const counts: number[] = [];
    for (let index = 0; index < files.length; index++) counts.push(await reader.nextLineCount());
    await reader.drain();
    return counts;
  }

  private async line(...args: string[]): Promise<string> {
    return (await this.text(...args)).trim();
  }

  private async text(...args: string[]): Promise<string> {
    return (await buffer(this.stream(...args))).toString('utf8');
  }

  private stream(...args: string[]): AsyncGenerator<Buffer> {
    const child = this.spawn(...args);
    child.stdin.on('error', () => undefined).end();
    return this.output(child, args[0] ?? '');
  }

  private spawn(...args: string[]): ChildProcessWithoutNullStreams {
    return spawn('git', ['-C', this.folder, ...NEUTRAL, ...args], {
      env: {
        ...process.env,
        LC_ALL: 'C',
        GIT_OPTIONAL_LOCKS: '0',
        GIT_TERMINAL_PROMPT: '0',
        GIT_LITERAL_PATHSPECS: '1',
      },
    });
  }

  /** The standard output of a program, which must end well: a history cut short would look like a short history. */
  private async *output(child: ChildProcessWithoutNullStreams, verb: string): AsyncGenerator<Buffer> {
    let words = '';
    child.stderr
      .setEncoding('utf8')
      .on('data', (text: string) => (words = (words + text).slice(-KEPT_ERROR_CHARACTERS)));
    const ended = new Promise<number>((resolve, reject) => {
      child.once('error', reject).once('close', (code) => resolve(code ?? -1));
    });
    ended.catch(() => undefined);
    let finished = false;
    try {
      for await (const chunk of child.stdout) yield chunk as Buffer;
      finished = true;
    } finally {
      if (!finished) child.kill();
    }
    const exitCode = await ended.catch((error: NodeJS.ErrnoException) => {
      throw missingGit(error);
    });
    if (exitCode === 0) return;
    throw new HeadgateError(
      ErrorCode.InvalidRepository,
      `git ${verb} failed in ${this.folder}: ${words.trim() || `exit code ${exitCode}`}`,
      {
        remedy: 'Name a folder inside a git repository with --repo, and commits that it holds.',
        details: { exitCode },
      },
    );
  }
}

function missingGit(error: NodeJS.ErrnoException): HeadgateError {
  return new HeadgateError(ErrorCode.InvalidRepository, `git cannot be run: ${error.message}`, {
    cause: error,
    remedy: 'Install git 2.20 or later, and make sure that it is on PATH.',
  });
}

/** Reads the answers of `git cat-file --batch`, counting lines without keeping contents. */
class BatchReader {
  private chunk: Buffer = Buffer.alloc(0);

  constructor(private readonly chunks: AsyncGenerator<Buffer>) {}

  async nextLineCount(): Promise<number> {
    const header = await this.readHeader();
    const size = /^[0-9a-f]+ blob (\d+)$/.exec(header);
    if (size !== null) return this.countIn(Number(size[1]));
    // A folder or a submodule has no lines; its content, if any, is passed over.
    const other = /^[0-9a-f]+ \w+ (\d+)$/.exec(header);
    if (other !== null) await this.countIn(Number(other[1]));
    return 0;
  }

  async drain(): Promise<void> {
    while (await this.more());
  }

  private async readHeader(): Promise<string> {
    for (;;) {
      const end = this.chunk.indexOf(NEWLINE);
      if (end >= 0) {
        const header = this.chunk.toString('utf8', 0, end);
        this.chunk = this.chunk.subarray(end + 1);
        return header;
      }
      const before = this.chunk;
      if (!(await this.more())) return before.toString('utf8');
      this.chunk = Buffer.concat([before, this.chunk]);
    }
  }

  /** Lines in the next `size` bytes, a last one without its break included; passes over the break that git puts behind. */
  private async countIn(size: number): Promise<number> {
    let left = size;
    let lines = 0;
    let endsOpen = false;
    while (left > 0) {
      if (this.chunk.length === 0 && !(await this.more())) return lines;
      const part = this.chunk.subarray(0, left);
      for (let at = part.indexOf(NEWLINE); at >= 0; at = part.indexOf(NEWLINE, at + 1)) lines += 1;
      endsOpen = part[part.length - 1] !== NEWLINE;
      left -= part.length;
      this.chunk = this.chunk.subarray(part.length);
    }
    if (this.chunk.length === 0) await this.more();
    this.chunk = this.chunk.subarray(1);
    return lines + (endsOpen ? 1 : 0);
  }

  private async more(): Promise<boolean> {
    const next = await this.chunks.next();
    this.chunk = next.done === true ? Buffer.alloc(0) : next.value;
    return next.done !== true;
  }
}

async function* prepend(first: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  yield* rest;
}
