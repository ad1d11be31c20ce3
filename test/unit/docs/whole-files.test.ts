import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '../../..');
/** What is not ours, or is made. */
const LEFT_OUT = new Set(['node_modules', 'dist', 'coverage', 'histories']);
const TEXT = /\.(?:md|ts|mjs|cjs|js|json|ya?ml|sh)$/;
/** What a merge leaves where it could not decide. */
const MARKER = /^(?:<{7}|>{7}) /m;

/** Text files below a folder. */
function textsIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return LEFT_OUT.has(entry.name) || entry.name.startsWith('.') ? [] : textsIn(path);
    return entry.isFile() && TEXT.test(entry.name) ? [path] : [];
  });
}

describe('files of the repository', () => {
  it('hold nothing that a merge left undecided', () => {
    const texts = textsIn(root);
    expect(texts.length).toBeGreaterThan(500);
    expect(texts.filter((path) => MARKER.test(readFileSync(path, 'utf8')))).toEqual([]);
  });
});
