import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { z } from 'zod';
import { ChangeHistory, type AuthorPast } from './history';

/** Grows when what is remembered changes: files of another version are not read, and the history is measured afresh. */
const VERSION = 1;
/** Histories kept of one repository: its main line, and branches measured lately. */
const KEPT = 4;
const LARGEST_BYTES = 512 * 1024 * 1024;
const FILE_NAME = /^[0-9a-f]{40,64}\.json\.gz$/;

const Numbers = z.array(z.number());
const Counted = z.array(z.tuple([z.string(), z.number()]));
const Stored = z.object({
  version: z.literal(VERSION),
  tip: z.string(),
  commitCount: z.number(),
  authors: z.array(z.string()),
  paths: z.array(z.string()),
  /** By file: number of its path, commits, authors, last change. */
  files: z.array(z.tuple([z.number(), Numbers, Numbers, z.number()])),
  /** By author: commits' times, file counts, commits in subsystems, numbers of the paths known in each. */
  pasts: z.array(z.tuple([Numbers, Numbers, Counted, z.array(z.tuple([z.string(), Numbers]))])),
});

/** A history and the commit up to which it goes. */
export interface StoredHistory {
  readonly tip: string;
  readonly history: ChangeHistory;
}

/**
 * Remembers measured histories between runs, so that only new commits are read. A file that is missing, broken or of
 * another version is the same as none: it only costs time. Authors are digests there, never addresses.
 */
export class HistoryFiles {
  private readonly folder: string;

  /**
   * @param cacheFolder the user's cache folder for Headgate
   * @param roots first commits of the repository, by which its clones share what was measured
   */
  constructor(cacheFolder: string, roots: readonly string[]) {
    const name = createHash('sha256').update(roots.join('\n')).digest('hex').slice(0, 32);
    this.folder = join(cacheFolder, 'changes', name);
  }

  /** Tips of the histories that are remembered, the one used last first. */
  async tips(): Promise<readonly string[]> {
    const names = (await readdir(this.folder).catch(() => [])).filter((name) => FILE_NAME.test(name));
    const dated = await Promise.all(
      names.map(async (name) => ({ name, at: (await stat(join(this.folder, name)).catch(() => null))?.mtimeMs ?? 0 })),
    );
    return dated.sort((left, right) => right.at - left.at).map(({ name }) => name.replace('.json.gz', ''));
  }

  /** The history up to a tip, or null when it cannot be had. */
  async load(tip: string): Promise<ChangeHistory | null> {
    try {
      const text = await promisify(gunzip)(await readFile(this.file(tip)), { maxOutputLength: LARGEST_BYTES });
      return thaw(Stored.parse(JSON.parse(text.toString('utf8'))), tip);
    } catch {
      return null;
    }
  }

  /**
   * Remembers a history, and forgets the ones used longest ago. Two processes at once do no harm: a file appears whole
   * or not at all.
   */
  async save({ tip, history }: StoredHistory): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    const partial = join(this.folder, `.${randomUUID()}.partial`);
    await writeFile(partial, await promisify(gzip)(JSON.stringify(freeze(tip, history)), { level: 1 }));
    await rename(partial, this.file(tip));
    for (const old of (await this.tips()).slice(KEPT)) await rm(this.file(old), { force: true });
  }

  private file(tip: string): string {
    return join(this.folder, `${tip}.json.gz`);
  }
}

function freeze(tip: string, history: ChangeHistory): z.infer<typeof Stored> {
  const numbers = new Map<string, number>();
  const numberOf = (path: string): number => {
    const known = numbers.get(path);
    if (known !== undefined) return known;
    numbers.set(path, numbers.size);
    return numbers.size - 1;
  };
  const files = [...history.files].map(
    ([path, { commits, authors, changedAt }]): [number, number[], number[], number] => [
      numberOf(path),
      commits,
      authors,
      changedAt,
    ],
  );
  const authors = [...history.authorNumbers.keys()];
  const pasts = authors.map((author) => {
    const past = history.authors.get(author) as AuthorPast;
    const known = [...past.filesIn].map(([subsystem, paths]): [string, number[]] => [
      subsystem,
      [...paths].map(numberOf),
    ]);
    return [past.at, past.fileCounts, [...past.commitsIn], known] as z.infer<typeof Stored>['pasts'][number];
  });
  return { version: VERSION, tip, commitCount: history.commitCount, authors, paths: [...numbers.keys()], files, pasts };
}

function thaw(stored: z.infer<typeof Stored>, tip: string): ChangeHistory | null {
  if (stored.tip !== tip || stored.pasts.length !== stored.authors.length) return null;
  const history = new ChangeHistory();
  const path = (number: number): string => stored.paths[number] ?? '';
  history.commitCount = stored.commitCount;
  for (const [number, commits, authors, changedAt] of stored.files) {
    history.files.set(path(number), { commits, authors, changedAt });
  }
  stored.authors.forEach((author, index) => {
    const [at, fileCounts, commitsIn, known] = stored.pasts[index] as (typeof stored.pasts)[number];
    history.authorNumbers.set(author, index);
    const filesIn = new Map(known.map(([subsystem, paths]) => [subsystem, new Set(paths.map(path))]));
    history.authors.set(author, { at, fileCounts, commitsIn: new Map(commitsIn), filesIn });
  });
  return history;
}
