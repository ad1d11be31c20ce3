import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A commit to make: what the files hold afterwards (null deletes, a name moves), who made it and when. */
export interface MadeCommit {
  readonly files?: Readonly<Record<string, string | Buffer | null>>;
  readonly moves?: Readonly<Record<string, string>>;
  readonly author: string;
  /** Unix seconds. */
  readonly at: number;
  /** Offset as git writes it, such as `+0530`. */
  readonly offset?: string;
  readonly message: string;
}

/** Makes a git repository with a history in which everything is known. */
export class GitHistory {
  constructor(readonly folder: string) {
    this.git('init', '--quiet', '--initial-branch=main');
    this.git('config', 'commit.gpgsign', 'false');
  }

  commit({ files = {}, moves = {}, author, at, offset = '+0000', message }: MadeCommit): string {
    for (const [from, to] of Object.entries(moves)) {
      mkdirSync(dirname(join(this.folder, to)), { recursive: true });
      renameSync(join(this.folder, from), join(this.folder, to));
    }
    for (const [path, content] of Object.entries(files)) {
      const file = join(this.folder, path);
      mkdirSync(dirname(file), { recursive: true });
      if (content === null) rmSync(file);
      else writeFileSync(file, content);
    }
    this.git('add', '--all');
    this.as(author, at, offset, 'commit', '--quiet', '--allow-empty', '--message', message);
    return this.head();
  }

  merge(branch: string, author: string, at: number): string {
    this.as(author, at, '+0000', 'merge', '--quiet', '--no-ff', '--message', `Merge ${branch}`, branch);
    return this.head();
  }

  head(): string {
    return this.git('rev-parse', 'HEAD').trim();
  }

  git(...args: string[]): string {
    return execFileSync('git', ['-C', this.folder, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  }

  private as(author: string, at: number, offset: string, ...args: string[]): void {
    const who = { NAME: author, EMAIL: `${author}@example.test`, DATE: `${at} ${offset}` };
    const env = Object.fromEntries(
      Object.entries(who).flatMap(([name, value]) => [
        [`GIT_AUTHOR_${name}`, value],
        [`GIT_COMMITTER_${name}`, value],
      ]),
    );
    execFileSync('git', ['-C', this.folder, ...args], { env: { ...process.env, ...env }, stdio: 'pipe' });
  }
}

/** `count` lines of text, told apart by `mark`. */
export function lines(count: number, mark = 'line'): string {
  return Array.from({ length: count }, (_, index) => `${mark} ${index}\n`).join('');
}
