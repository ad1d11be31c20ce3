import { createReadStream } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { KeyFinder } from './key-finder';

/** A place where the source names a flag. */
export interface Reference {
  /** Relative to the folder that was searched. */
  readonly file: string;
  /** From 1 on. */
  readonly line: number;
}

/** What a search found. */
export interface FoundReferences {
  readonly files: number;
  /** Larger than {@link MAX_FILE_BYTES}, not searched. */
  readonly tooLarge: readonly string[];
  /** By flag key, in the order of files and lines. */
  readonly byKey: ReadonlyMap<string, readonly Reference[]>;
  /** Keys with more references than {@link MAX_REFERENCES}, of which the first are kept. */
  readonly more: ReadonlySet<string>;
}

/** Larger files are generated, or data. */
export const MAX_FILE_BYTES = 2 * 1024 * 1024;
/** As many references of one flag are kept. */
export const MAX_REFERENCES = 1_000;

/**
 * Searches files for flag keys. Files are streamed one after the other; one that holds a zero byte is taken as binary,
 * and left. A key counts where it stands as a word of its own: `pay` is not found in `pay-later`, nor in `pay.v2` while
 * that is a key too.
 *
 * @param keys - all keys of the environment, so that longer ones are told from shorter ones
 * @param wanted - keys whose references are kept
 */
export async function findReferences(
  folder: string,
  paths: AsyncIterable<string>,
  keys: readonly string[],
  wanted: ReadonlySet<string>,
): Promise<FoundReferences> {
  const finder = new KeyFinder(keys);
  const byKey = new Map<string, Reference[]>();
  const more = new Set<string>();
  const tooLarge: string[] = [];
  let files = 0;
  for await (const file of paths) {
    const path = join(folder, file);
    const entry = await lstat(path).catch(() => null);
    if (entry === null || !entry.isFile()) continue;
    if (entry.size > MAX_FILE_BYTES) {
      tooLarge.push(file);
      continue;
    }
    const found = await searchFile(path, finder);
    if (found === null) continue;
    files += 1;
    for (const [key, line] of found) {
      if (!wanted.has(key)) continue;
      const references = byKey.get(key) ?? [];
      byKey.set(key, references);
      if (references.length < MAX_REFERENCES) references.push({ file, line });
      else more.add(key);
    }
  }
  return { files, tooLarge, byKey, more };
}

/** Keys with their lines, each once a line; null for a file that is binary or cannot be read. */
async function searchFile(path: string, finder: KeyFinder): Promise<[string, number][] | null> {
  const found: [string, number][] = [];
  let line = 0;
  const take = (text: string): void => {
    line += 1;
    for (const key of finder.find(text)) found.push([key, line]);
  };
  let rest = '';
  try {
    for await (const chunk of createReadStream(path, { encoding: 'utf8', end: MAX_FILE_BYTES })) {
      const text = chunk as string;
      if (text.includes('\0')) return null;
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      lines.forEach(take);
    }
  } catch (error) {
    // It went away or may not be read: the search goes on without it.
    if (['ENOENT', 'EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  }
  if (rest !== '') take(rest);
  return found;
}
