import { opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { Repository } from '../../changes/git/repository';

/** Folders that hold what others wrote, or what git keeps for itself. */
const SKIPPED = new Set(['node_modules', '.git']);

/**
 * Paths of the files below a folder, relative to it: within a checkout those that git tracks or would track, so that
 * what `.gitignore` names is left out; elsewhere all of them. Links are not followed.
 */
export async function* listSourceFiles(folder: string): AsyncGenerator<string> {
  const repository = new Repository(folder);
  if (!(await repository.isCheckout())) {
    yield* walk(folder, '');
    return;
  }
  for await (const path of repository.files()) {
    if (!path.split('/').some((part) => SKIPPED.has(part))) yield path;
  }
}

async function* walk(folder: string, below: string): AsyncGenerator<string> {
  for await (const entry of await opendir(join(folder, below))) {
    if (SKIPPED.has(entry.name)) continue;
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) yield* walk(folder, path);
    else if (entry.isFile()) yield path;
  }
}
