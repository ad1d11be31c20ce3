import type { CommitChange } from '../git/change';
import { directoryOf, subsystemOf } from '../measures/path-parts';

const SECONDS_PER_DAY = 86_400;
const DAYS_PER_YEAR = 365.25;

/** What is remembered of one file, under the name it has now. */
export interface FilePast {
  /** Numbers of the commits that changed it, ascending. */
  readonly commits: number[];
  /** Numbers of the authors of those commits. */
  readonly authors: number[];
  /** Unix seconds of its last change. */
  changedAt: number;
}

/** What is remembered of one author. */
export interface AuthorPast {
  /** Unix seconds of each commit, and how many files it changed. */
  readonly at: number[];
  readonly fileCounts: number[];
  /** Commits in each subsystem. */
  readonly commitsIn: Map<string, number>;
  /** Different files changed in each subsystem, by their path then. */
  readonly filesIn: Map<string, Set<string>>;
}

/**
 * What a repository's past says about its files and authors, folded in commit by commit, parents first. Grows with
 * commits × files touched; folding costs O(files of the commit). Files that are moved keep their past.
 */
export class ChangeHistory {
  commitCount = 0;
  readonly files = new Map<string, FilePast>();
  readonly authors = new Map<string, AuthorPast>();
  /** Authors in order of appearance: their place is their number in {@link FilePast.authors}. */
  readonly authorNumbers = new Map<string, number>();

  /** Takes one more commit into the past. */
  add(commit: CommitChange): void {
    const number = this.commitCount++;
    const author = this.numberOf(commit.author);
    const past = this.pastOf(commit.author);
    past.at.push(commit.authoredAt);
    past.fileCounts.push(commit.files.length);
    for (const subsystem of new Set(commit.files.map(({ path }) => subsystemOf(path)))) {
      past.commitsIn.set(subsystem, (past.commitsIn.get(subsystem) ?? 0) + 1);
    }
    for (const { path, movedFrom } of commit.files) {
      const subsystem = subsystemOf(path);
      const known = past.filesIn.get(subsystem);
      if (known === undefined) past.filesIn.set(subsystem, new Set([path]));
      else known.add(path);
      this.addToFile(path, movedFrom, number, author, commit.authoredAt);
    }
  }

  /** The past of a file about to be changed, moved or not. */
  pastOfFile(path: string, movedFrom?: string): FilePast | undefined {
    return this.files.get(movedFrom ?? path);
  }

  /** Commits an author has made before. */
  experience(author: string): number {
    return this.authors.get(author)?.at.length ?? 0;
  }

  /** Commits of an author, each worth 1 / (1 + its age in years) at `now` in Unix seconds. */
  recentExperience(author: string, now: number): number {
    let sum = 0;
    for (const at of this.authors.get(author)?.at ?? []) sum += 1 / (1 + ageInDays(at, now) / DAYS_PER_YEAR);
    return sum;
  }

  /** Commits of an author in the subsystems named, each counted in every one of them that it touched. */
  subsystemExperience(author: string, subsystems: Iterable<string>): number {
    const commitsIn = this.authors.get(author)?.commitsIn;
    let sum = 0;
    for (const subsystem of subsystems) sum += commitsIn?.get(subsystem) ?? 0;
    return sum;
  }

  /**
   * The author's past changes of files (a commit of three files counts three): all, and each worth 1 / (1 + its age in
   * days).
   */
  fileExperience(author: string, now: number): { readonly all: number; readonly recent: number } {
    const past = this.authors.get(author);
    let all = 0;
    let recent = 0;
    past?.at.forEach((at, index) => {
      const files = past.fileCounts[index] ?? 0;
      all += files;
      recent += files / (1 + ageInDays(at, now));
    });
    return { all, recent };
  }

  /** How many different files of the subsystems named an author has changed before. */
  filesKnown(author: string, subsystems: Iterable<string>): number {
    const filesIn = this.authors.get(author)?.filesIn;
    let sum = 0;
    for (const subsystem of subsystems) sum += filesIn?.get(subsystem)?.size ?? 0;
    return sum;
  }

  /** Whether an author has changed the file of this path before. */
  hasChanged(author: string, path: string): boolean {
    return this.authors.get(author)?.filesIn.get(subsystemOf(path))?.has(path) ?? false;
  }

  private addToFile(path: string, movedFrom: string | undefined, commit: number, author: number, at: number): void {
    const moved = movedFrom === undefined ? undefined : this.files.get(movedFrom);
    if (movedFrom !== undefined) this.files.delete(movedFrom);
    const past = moved ?? this.files.get(path) ?? { commits: [], authors: [], changedAt: at };
    this.files.set(path, past);
    past.commits.push(commit);
    if (!past.authors.includes(author)) past.authors.push(author);
    past.changedAt = Math.max(past.changedAt, at);
  }

  private numberOf(author: string): number {
    const known = this.authorNumbers.get(author);
    if (known !== undefined) return known;
    this.authorNumbers.set(author, this.authorNumbers.size);
    return this.authorNumbers.size - 1;
  }

  private pastOf(author: string): AuthorPast {
    const known = this.authors.get(author);
    if (known !== undefined) return known;
    const past: AuthorPast = { at: [], fileCounts: [], commitsIn: new Map(), filesIn: new Map() };
    this.authors.set(author, past);
    return past;
  }
}

/** Days from one instant to another in Unix seconds, 0 when clocks disagree about their order. */
export function ageInDays(at: number, now: number): number {
  return Math.max(0, now - at) / SECONDS_PER_DAY;
}

/** Subsystems and directories of paths. */
export function placesOf(paths: readonly string[]): {
  readonly subsystems: Set<string>;
  readonly directories: Set<string>;
} {
  return { subsystems: new Set(paths.map(subsystemOf)), directories: new Set(paths.map(directoryOf)) };
}
