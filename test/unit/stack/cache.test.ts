import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildEntry, cacheRoot, readEntry } from '../../../stack/cache';
import { givenTempDir } from '../../support/temp-dir';

function givenCache() {
  const root = givenTempDir();
  const lines: string[] = [];
  const log = (line: string): void => void lines.push(line);
  let builds = 0;
  const build = async (dir: string): Promise<void> => {
    builds += 1;
    mkdirSync(join(dir, 'lib'));
    await writeFile(join(dir, 'lib', 'a.jar'), 'content');
    await sleep(10);
    await writeFile(join(dir, 'program'), `build ${builds}`);
  };
  const request = { root, key: 'thing-1', origin: 'built', log, build };
  return { root, lines, log, request, builds: () => builds };
}

describe('the cache', () => {
  it('gives back what was built, with its origin', async () => {
    const { root, request, log } = givenCache();
    const built = await buildEntry(request);
    expect(await readEntry(root, 'thing-1', log)).toEqual(built);
    expect(readFileSync(join(built.dir, 'program'), 'utf8')).toBe('build 1');
  });

  it('has nothing to say of an entry that was never there', async () => {
    const { root, log, lines } = givenCache();
    expect(await readEntry(root, 'thing-1', log)).toBeUndefined();
    expect(lines).toEqual([]);
  });

  it('builds once for several who ask at the same time', async () => {
    const { request, builds } = givenCache();
    const entries = await Promise.all([buildEntry(request), buildEntry(request), buildEntry(request)]);
    expect(new Set(entries.map(({ dir }) => dir)).size).toBe(1);
    expect(builds()).toBe(1);
  });

  it.each([
    ['changed', (dir: string) => writeFileSync(join(dir, 'lib', 'a.jar'), 'contend')],
    ['cut short', (dir: string) => writeFileSync(join(dir, 'program'), '')],
    ['missing', (dir: string) => rmSync(join(dir, 'program'))],
    ['one too many', (dir: string) => writeFileSync(join(dir, 'lib', 'b.jar'), 'x')],
    ['without its manifest', (dir: string) => rmSync(join(dir, 'manifest.json'))],
    ['with half a manifest', (dir: string) => writeFileSync(join(dir, 'manifest.json'), '{"files"')],
    ['with a manifest of another kind', (dir: string) => writeFileSync(join(dir, 'manifest.json'), '{}')],
  ])('builds anew when a file is %s', async (_, damage) => {
    const { root, request, log, lines, builds } = givenCache();
    damage((await buildEntry(request)).dir);
    expect(await readEntry(root, 'thing-1', log)).toBeUndefined();
    expect(lines).toEqual(['the cached thing-1 is damaged and will be replaced']);
    await buildEntry(request);
    expect(builds()).toBe(2);
    expect(await readEntry(root, 'thing-1', log)).toBeDefined();
  });

  it('keeps nothing of a build that fails, and clears what a killed build has left', async () => {
    const { root, request, log } = givenCache();
    mkdirSync(join(root, 'thing-1.999.abc.tmp'));
    const fail = () => Promise.reject(new Error('no compiler'));
    await expect(buildEntry({ ...request, build: fail })).rejects.toThrow('no compiler');
    expect(await readEntry(root, 'thing-1', log)).toBeUndefined();
    expect(readdirSync(root)).toEqual([]);
  });

  it('sits in the folder that the user or the platform names', () => {
    expect(cacheRoot({ XDG_CACHE_HOME: '/c' })).toBe('/c/headgate');
    expect(cacheRoot({}, 'linux')).toMatch(/\/\.cache\/headgate$/);
    expect(cacheRoot({}, 'darwin')).toMatch(/\/Library\/Caches\/headgate$/);
    expect(existsSync('/c/headgate')).toBe(false);
  });
});
