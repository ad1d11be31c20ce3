import { ErrorCode, HeadgateError } from '../core/errors';
import type { CommitChange, FileChange } from './git/change';
import type { Repository } from './git/repository';
import { ChangeHistory } from './history/history';
import type { HistoryFiles } from './history/history-file';
import { changeOf, measureChange, type ChangeMeasures } from './measures/change-measures';

/** Commits of one range at most: more are no change but a history. */
const MOST_COMMITS = 5_000;

/** One commit of a range, measured. */
export interface MeasuredCommit {
  readonly id: string;
  readonly subject: string;
  /** Unix seconds. */
  readonly authoredAt: number;
  readonly measures: ChangeMeasures;
}

/** A range of commits, measured as one change and commit by commit. */
export interface MeasuredRange {
  /** The commit before the change; null when it begins the history. */
  readonly since: string | null;
  readonly until: string;
  readonly measures: ChangeMeasures;
  readonly commits: readonly MeasuredCommit[];
  /** What could not be known, and why, in words. */
  readonly unknown: readonly string[];
  /** Commits read from git to know the past, and those remembered from an earlier run. */
  readonly history: { readonly read: number; readonly remembered: number };
}

/** Where to measure. */
export interface MeasureRequest {
  readonly repository: Repository;
  /** `A..B` is what B has and A has not; a single name is that commit against its first parent. */
  readonly range: string;
  /** Remembers the past between runs; null measures afresh. */
  readonly remember: ((roots: readonly string[]) => HistoryFiles) | null;
}

/**
 * Measures a range of commits against everything that came before it. Merges bring nothing of their own: a merge commit
 * is the commits it brings in.
 *
 * @throws {HeadgateError} INVALID_REPOSITORY when git cannot tell; INVALID_ARGUMENT when the range is empty or names no commit
 */
export async function measureRange({ repository, range, remember }: MeasureRequest): Promise<MeasuredRange> {
  const { since, until } = await endsOf(repository, range);
  const commits: CommitChange[] = [];
  for await (const commit of repository.commits(since, until)) {
    commits.push(commit);
    if (commits.length > MOST_COMMITS) throw invalidRange(range, `holds more than ${MOST_COMMITS} commits`);
  }
  if (commits.length === 0) throw invalidRange(range, 'holds no commit that changes anything by itself');
  const isShallow = await repository.isShallow();
  if (isShallow && commits.some(({ parents }) => parents.length === 0)) throw cutOff(range);
  const past = isShallow ? null : await pastUpTo(repository, since, until, remember);
  const whole = await wholeChange(repository, since, until, commits);
  const measures = measureChange(whole, past?.history ?? null);
  return {
    since,
    until,
    measures,
    commits: await measureCommits(repository, commits, past?.history ?? null),
    unknown: isShallow ? [SHALLOW] : [],
    history: { read: past?.read ?? 0, remembered: past?.remembered ?? 0 },
  };
}

const SHALLOW =
  'This clone is shallow, so what came before is not known: developers, ages, earlier changes and experience are missing. ' +
  'Fetch the whole history (git fetch --unshallow; in CI, a fetch depth of 0) to measure them.';

async function endsOf(
  repository: Repository,
  range: string,
): Promise<{ readonly since: string | null; readonly until: string }> {
  const dots = range.indexOf('..');
  const until = await commitNamed(repository, dots < 0 ? range : range.slice(dots).replace(/^\.{2,3}/, '') || 'HEAD');
  if (dots >= 0) {
    const from = await commitNamed(repository, range.slice(0, dots) || 'HEAD');
    // What a branch brings begins where it left, whatever the main line has gained since.
    const base = await repository.mergeBase(from, until);
    if (base === null) throw invalidRange(range, 'joins two histories that have no commit in common in this clone');
    return { since: base, until };
  }
  const [parent] = await repository.parents(until);
  if (parent === undefined && (await repository.isShallow())) throw cutOff(range);
  return { since: parent ?? null, until };
}

async function commitNamed(repository: Repository, name: string): Promise<string> {
  const id = await repository.resolve(name);
  if (id !== null) return id;
  throw invalidRange(name, 'names no commit of this clone', {
    remedy: 'Check the name; a shallow clone may not hold it, and git fetch --unshallow brings it.',
  });
}

function cutOff(range: string): HeadgateError {
  return invalidRange(range, 'reaches back to where this shallow clone begins, so that what it changes is not known', {
    remedy: 'Fetch at least one commit more, better the whole history: git fetch --unshallow.',
  });
}

function invalidRange(range: string, fault: string, { remedy }: { remedy?: string } = {}): HeadgateError {
  return new HeadgateError(ErrorCode.InvalidArgument, `'${range}' ${fault}`, {
    remedy: remedy ?? 'Name a commit such as HEAD, or a range such as main..my-branch.',
  });
}

interface Past {
  readonly history: ChangeHistory;
  readonly read: number;
  readonly remembered: number;
}

/** The past before a range: what is remembered of it, and what has come since. */
async function pastUpTo(
  repository: Repository,
  since: string | null,
  until: string,
  remember: MeasureRequest['remember'],
): Promise<Past> {
  if (since === null) return { history: new ChangeHistory(), read: 0, remembered: 0 };
  const files = remember?.(await repository.roots(until)) ?? null;
  const known = files === null ? null : await longestKnown(repository, files, since);
  const history = known?.history ?? new ChangeHistory();
  const remembered = history.commitCount;
  for await (const commit of repository.commits(known?.tip ?? null, since)) history.add(commit);
  // A cache that cannot be written costs the next run some time, and nothing else.
  if (known?.tip !== since) await files?.save({ tip: since, history }).catch(() => undefined);
  return { history, read: history.commitCount - remembered, remembered };
}

async function longestKnown(
  repository: Repository,
  files: HistoryFiles,
  since: string,
): Promise<{ readonly tip: string; readonly history: ChangeHistory } | null> {
  for (const tip of await files.tips()) {
    // A remembered tip helps only if all of its history lies before the range.
    if ((await repository.resolve(tip)) === null || (await repository.mergeBase(tip, since)) !== tip) continue;
    const history = await files.load(tip);
    if (history !== null) return { tip, history };
  }
  return null;
}

async function wholeChange(
  repository: Repository,
  since: string | null,
  until: string,
  commits: readonly CommitChange[],
): Promise<ReturnType<typeof changeOf>> {
  const files = await repository.difference(since, until);
  const last = commits[commits.length - 1] as CommitChange;
  return {
    ...changeOf(last, await linesBefore(repository, since, files)),
    files,
    authors: sharesOf(commits),
    messages: commits.map(({ message }) => message),
    at: Math.max(...commits.map(({ authoredAt }) => authoredAt)),
  };
}

/** Each author's share of the changed lines, every commit counting at least one. */
function sharesOf(commits: readonly CommitChange[]): Map<string, number> {
  const lines = new Map<string, number>();
  let total = 0;
  for (const { author, files } of commits) {
    let changed = 1;
    for (const { added, deleted } of files) changed += (added ?? 0) + (deleted ?? 0);
    lines.set(author, (lines.get(author) ?? 0) + changed);
    total += changed;
  }
  return new Map([...lines].map(([author, changed]) => [author, changed / total]));
}

async function linesBefore(
  repository: Repository,
  commit: string | null,
  files: readonly FileChange[],
): Promise<readonly number[]> {
  if (commit === null) return files.map(() => 0);
  return repository.countLines(files.map(({ path, movedFrom }) => ({ commit, path: movedFrom ?? path })));
}

/** Measures commits one by one, each against what came before it, and takes them into the past on the way. */
async function measureCommits(
  repository: Repository,
  commits: readonly CommitChange[],
  history: ChangeHistory | null,
): Promise<readonly MeasuredCommit[]> {
  const lines = await linesBeforeEach(repository, commits);
  return commits.map((commit, index) => {
    const measures = measureChange(changeOf(commit, lines[index] ?? null), history);
    history?.add(commit);
    const [subject = ''] = commit.message.split('\n', 1);
    return { id: commit.id, subject, authoredAt: commit.authoredAt, measures };
  });
}

async function linesBeforeEach(
  repository: Repository,
  commits: readonly CommitChange[],
): Promise<readonly (readonly number[])[]> {
  const asked = commits.flatMap(({ parents, files }) =>
    files.map(({ path, movedFrom }) => ({ commit: parents[0] ?? '', path: movedFrom ?? path })),
  );
  const counts = await repository.countLines(
    asked.map((file) => (file.commit === '' ? { ...file, commit: '0' } : file)),
  );
  let at = 0;
  return commits.map(({ files }) => counts.slice(at, (at += files.length)));
}
