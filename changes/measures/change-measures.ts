import type { CommitChange, FileChange } from '../git/change';
import { ageInDays, placesOf, type ChangeHistory, type FilePast } from '../history/history';
import { FileKind, fileKind } from './file-kind';
import { isFix } from './fix';

const MINUTES_PER_DAY = 1440;

/**
 * The fourteen change measures of just-in-time defect prediction, defined as in Kamei et al., "A Large-Scale Empirical
 * Study of Just-in-Time Quality Assurance", IEEE TSE 39(6), 2013, table 1. Null is not known, which is not zero: what a
 * shallow clone or a missing parent hides.
 *
 * @see https://doi.org/10.1109/TSE.2012.70
 */
export interface KameiMeasures {
  /** Subsystems (first folders), directories and files changed. */
  readonly ns: number;
  readonly nd: number;
  readonly nf: number;
  /**
   * Spread of the changed lines over the files, Shannon's in bits; 0 for one file. Divide by log2(nf) for the
   * normalised form.
   */
  readonly entropy: number;
  /** Lines added and deleted. */
  readonly la: number;
  readonly ld: number;
  /** Lines of the changed files before the change, summed. */
  readonly lt: number | null;
  /** 1 when the message says that it mends something. */
  readonly fix: 0 | 1;
  /** Developers who changed the files before. */
  readonly ndev: number | null;
  /** Days since each file's last change, averaged over the files; 0 for new ones. */
  readonly age: number | null;
  /** Different earlier changes of the files. */
  readonly nuc: number | null;
  /** The author's earlier changes: all; each worth 1 / (1 + its age in years); and those in the subsystems changed. */
  readonly exp: number | null;
  readonly rexp: number | null;
  readonly sexp: number | null;
}

/**
 * The same questions about history as the data set of Zeng et al. (ISSTA 2021) answers them, which counts changes of
 * files, not commits, and includes the change itself. A model trained on that data must be asked in its own terms.
 */
export interface FileHistoryMeasures {
  /** Developers of the files, this author among them. */
  readonly fileDevelopers: number | null;
  /** Changes of the files, summed over files, this one included. */
  readonly fileChanges: number | null;
  /** The author's changes of files: all, and each worth 1 / (1 + its age in days), this one included. */
  readonly authorFileChanges: number | null;
  readonly recentAuthorFileChanges: number | null;
  /** Different files of the subsystems changed that the author has ever changed, these included. */
  readonly authorFilesInSubsystems: number | null;
}

/** What the change touches, by the habits of file names, and when it was written. */
export interface ContentMeasures {
  readonly codeFiles: number;
  readonly testFiles: number;
  readonly migrationFiles: number;
  readonly dependencyFiles: number;
  readonly configurationFiles: number;
  readonly infrastructureFiles: number;
  readonly documentationFiles: number;
  readonly binaryFiles: number;
  readonly movedFiles: number;
  readonly newFiles: number | null;
  /** Hour of the day (0–23) and day of the week (0 = Sunday) where the author is. */
  readonly hour: number;
  readonly weekday: number;
}

/** Everything measured of one change. */
export interface ChangeMeasures extends KameiMeasures, FileHistoryMeasures, ContentMeasures {}

/** What is to be measured: a commit, or several taken as one. */
export interface MeasuredChange {
  readonly files: readonly FileChange[];
  /** Lines of each file before the change, in the files' order; null where they cannot be read. */
  readonly linesBefore: readonly number[] | null;
  /** The authors, each with the share of the changed lines that is theirs; shares sum to 1. */
  readonly authors: ReadonlyMap<string, number>;
  readonly messages: readonly string[];
  /** Unix seconds, and the author's offset from UTC in minutes. */
  readonly at: number;
  readonly offsetMinutes: number;
}

/**
 * Measures a change against the history before it. With several authors, experience is averaged by their shares of the
 * changed lines.
 *
 * @param history what came before; null when it is not known, which makes every measure of history null. Cost: O(files
 *   × their past changes)
 */
export function measureChange(change: MeasuredChange, history: ChangeHistory | null): ChangeMeasures {
  return { ...sizeOf(change), ...pastOf(change, history), ...contentOf(change, history) };
}

/** One commit as a change of its own. */
export function changeOf(commit: CommitChange, linesBefore: readonly number[] | null): MeasuredChange {
  return {
    files: commit.files,
    linesBefore,
    authors: new Map([[commit.author, 1]]),
    messages: [commit.message],
    at: commit.authoredAt,
    offsetMinutes: commit.offsetMinutes,
  };
}

function sizeOf({
  files,
  linesBefore,
  messages,
}: MeasuredChange): Pick<KameiMeasures, 'ns' | 'nd' | 'nf' | 'entropy' | 'la' | 'ld' | 'lt' | 'fix'> {
  const { subsystems, directories } = placesOf(files.map(({ path }) => path));
  return {
    ns: subsystems.size,
    nd: directories.size,
    nf: files.length,
    entropy: entropyOf(files),
    la: sum(files.map(({ added }) => added ?? 0)),
    ld: sum(files.map(({ deleted }) => deleted ?? 0)),
    lt: linesBefore === null ? null : sum(linesBefore),
    fix: messages.some(isFix) ? 1 : 0,
  };
}

/** Shannon's entropy in bits of the changed lines over the files. Files without lines (binary, only moved) have no share. */
function entropyOf(files: readonly FileChange[]): number {
  const changed = files.map(({ added, deleted }) => (added ?? 0) + (deleted ?? 0)).filter((lines) => lines > 0);
  const total = sum(changed);
  return Math.max(0, -sum(changed.map((lines) => (lines / total) * Math.log2(lines / total))));
}

const UNKNOWN_PAST = {
  ndev: null,
  age: null,
  nuc: null,
  exp: null,
  rexp: null,
  sexp: null,
  fileDevelopers: null,
  fileChanges: null,
  authorFileChanges: null,
  recentAuthorFileChanges: null,
  authorFilesInSubsystems: null,
} as const;

type PastMeasures = Pick<ChangeMeasures, keyof typeof UNKNOWN_PAST>;

function pastOf(change: MeasuredChange, history: ChangeHistory | null): PastMeasures {
  if (history === null) return UNKNOWN_PAST;
  const { files, at } = change;
  const pasts = files.map(({ path, movedFrom }) => history.pastOfFile(path, movedFrom));
  const developers = new Set(pasts.flatMap((past) => past?.authors ?? []));
  const own = [...change.authors.keys()].map((author) => history.authorNumbers.get(author) ?? -1);
  const { subsystems } = placesOf(files.map(({ path }) => path));
  const average = (of: (author: string) => number): number =>
    sum([...change.authors].map(([author, share]) => share * of(author)));
  return {
    ndev: developers.size,
    age: files.length === 0 ? 0 : sum(pasts.map((past) => ageOf(past, at))) / files.length,
    nuc: new Set(pasts.flatMap((past) => past?.commits ?? [])).size,
    exp: average((author) => history.experience(author)),
    rexp: average((author) => history.recentExperience(author, at)),
    sexp: average((author) => history.subsystemExperience(author, subsystems)),
    fileDevelopers: developers.size + own.filter((author) => !developers.has(author)).length,
    fileChanges: sum(pasts.map((past) => past?.commits.length ?? 0)) + files.length,
    authorFileChanges: average((author) => history.fileExperience(author, at).all) + files.length,
    recentAuthorFileChanges: average((author) => history.fileExperience(author, at).recent) + files.length,
    authorFilesInSubsystems: average((author) => filesKnownWith(history, author, files, subsystems)),
  };
}

function filesKnownWith(
  history: ChangeHistory,
  author: string,
  files: readonly FileChange[],
  subsystems: ReadonlySet<string>,
): number {
  const newToAuthor = files.filter(({ path }) => !history.hasChanged(author, path)).length;
  return history.filesKnown(author, subsystems) + newToAuthor;
}

function ageOf(past: FilePast | undefined, now: number): number {
  return past === undefined ? 0 : ageInDays(past.changedAt, now);
}

function contentOf({ files, at, offsetMinutes }: MeasuredChange, history: ChangeHistory | null): ContentMeasures {
  const kinds = files.map(({ path }) => fileKind(path));
  const count = (kind: FileKind): number => kinds.filter((each) => each === kind).length;
  const minutes = Math.floor(at / 60) + offsetMinutes;
  const days = Math.floor(minutes / MINUTES_PER_DAY);
  return {
    codeFiles: count(FileKind.Code),
    testFiles: count(FileKind.Test),
    migrationFiles: count(FileKind.Migration),
    dependencyFiles: count(FileKind.Dependencies),
    configurationFiles: count(FileKind.Configuration),
    infrastructureFiles: count(FileKind.Infrastructure),
    documentationFiles: count(FileKind.Documentation),
    binaryFiles: files.filter(({ added }) => added === null).length,
    movedFiles: files.filter(({ movedFrom }) => movedFrom !== undefined).length,
    newFiles:
      history === null
        ? null
        : files.filter(({ path, movedFrom }) => history.pastOfFile(path, movedFrom) === undefined).length,
    hour: Math.floor((minutes - days * MINUTES_PER_DAY) / 60),
    // 1 January 1970 was a Thursday.
    weekday: (((days + 4) % 7) + 7) % 7,
  };
}

function sum(values: readonly number[]): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
