import { createHash } from 'node:crypto';
import { ErrorCode, HeadgateError } from '../../core/errors';
import type { CommitChange, FileChange } from './change';

const HEADER_START = '\u0001';
const FIELD = '\u0002';
const HEADER_END = '\u0003';
const NUL = 0;

/** The format of `git log -z --numstat` that {@link parseLog} reads: id, parents, both dates, author by mailmap, message. */
export const LOG_FORMAT = '--format=%x01%H%x02%P%x02%ad%x02%ct%x02%aE%x02%B%x03';

/** Characters of the author's digest: 64 bits, enough to tell every developer of one repository apart. */
const AUTHOR_DIGEST_LENGTH = 16;

/**
 * Reads the output of `git log -z --numstat --date=raw` with {@link LOG_FORMAT}, commit by commit, while it arrives.
 * Memory follows the largest commit, not the history.
 *
 * @throws {HeadgateError} INVALID_REPOSITORY when git writes something else
 */
export async function* parseLog(output: AsyncIterable<Buffer>): AsyncGenerator<CommitChange> {
  let header: string | null = null;
  let files: FileChange[] = [];
  const waiting = new NumstatReader((file) => files.push(file));
  for await (const token of splitAtNul(output)) {
    if (token.startsWith(HEADER_START)) {
      if (header !== null) yield commitOf(header, files);
      header = token;
      files = [];
    } else {
      waiting.read(token);
    }
  }
  if (header !== null) yield commitOf(header, files);
}

/** Puts the pieces of `--numstat -z` together: one piece for a file, three for one that was moved. */
class NumstatReader {
  private counts: Pick<FileChange, 'added' | 'deleted'> | null = null;
  private movedFrom: string | null = null;

  constructor(private readonly found: (file: FileChange) => void) {}

  read(piece: string): void {
    if (this.counts === null) {
      const [added, deleted, path] = splitCounts(piece.startsWith('\n') ? piece.slice(1) : piece);
      if (added === undefined || deleted === undefined) return;
      const counts = { added: countOf(added), deleted: countOf(deleted) };
      if (path === '' || path === undefined) this.counts = counts;
      else this.found({ path, ...counts });
    } else if (this.movedFrom === null) {
      this.movedFrom = piece;
    } else {
      this.found({ path: piece, movedFrom: this.movedFrom, ...this.counts });
      this.counts = null;
      this.movedFrom = null;
    }
  }
}

/** Added, deleted, path. A path may itself hold tabs. */
function splitCounts(piece: string): string[] {
  const first = piece.indexOf('\t');
  const second = piece.indexOf('\t', first + 1);
  return first < 0 || second < 0
    ? []
    : [piece.slice(0, first), piece.slice(first + 1, second), piece.slice(second + 1)];
}

function countOf(text: string): number | null {
  return text === '-' ? null : Number(text);
}

function commitOf(header: string, files: readonly FileChange[]): CommitChange {
  const end = header.lastIndexOf(HEADER_END);
  const [id = '', parents = '', authored = '', committed = '', email = '', ...message] = header
    .slice(HEADER_START.length, end < 0 ? undefined : end)
    .split(FIELD);
  const [authoredAt, offset] = authored.split(' ');
  if (!/^[0-9a-f]{40,64}$/.test(id) || !Number.isFinite(Number(authoredAt))) {
    throw new HeadgateError(ErrorCode.InvalidRepository, `git wrote a commit that cannot be read: ${id.slice(0, 80)}`);
  }
  return {
    id,
    parents: parents === '' ? [] : parents.split(' '),
    authoredAt: Number(authoredAt),
    offsetMinutes: offsetOf(offset),
    committedAt: Number(committed),
    author: digestOf(email),
    message: message.join(FIELD),
    files,
  };
}

/** Minutes of git's `+0530`. */
function offsetOf(text: string | undefined): number {
  const match = /^([+-])(\d\d)(\d\d)$/.exec(text ?? '');
  if (match === null) return 0;
  return (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3]));
}

function digestOf(email: string): string {
  return createHash('sha256').update(email.trim().toLowerCase()).digest('hex').slice(0, AUTHOR_DIGEST_LENGTH);
}

async function* splitAtNul(output: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let rest: Buffer[] = [];
  for await (const chunk of output) {
    let start = 0;
    for (let end = chunk.indexOf(NUL); end >= 0; end = chunk.indexOf(NUL, start)) {
      const piece = chunk.subarray(start, end);
      yield rest.length === 0 ? piece.toString('utf8') : Buffer.concat([...rest, piece]).toString('utf8');
      rest = [];
      start = end + 1;
    }
    if (start < chunk.length) rest.push(chunk.subarray(start));
  }
  const last = Buffer.concat(rest).toString('utf8');
  if (last.trim() !== '') yield last;
}
