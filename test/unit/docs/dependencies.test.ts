import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const root = join(__dirname, '../../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const names = z.record(z.string(), z.string()).default({});
const Manifest = z.object({ dependencies: names, devDependencies: names, peerDependencies: names, overrides: names });
const Lock = z.object({
  packages: z.record(z.string(), z.object({ version: z.string(), license: z.string() }).partial()),
});

const page = read('docs/dependencies.md');
const [project, cli, sdk] = ['package.json', 'cli/package.json', 'sdk/package.json'].map((path) =>
  Manifest.parse(JSON.parse(read(path))),
);
const { packages } = Lock.parse(JSON.parse(read('package-lock.json')));

/** Rows with name, version and licence of the page's part under a heading. */
function rowsUnder(heading: string): { name: string; version: string; licence: string }[] {
  const [, rest = ''] = page.split(`## ${heading}\n`);
  const [part = ''] = rest.split('\n## ');
  return [...part.matchAll(/^\| `([^`]+)` \| ([\d.]+) \| ([^|]+) \|/gm)].map(
    ([, name = '', version = '', licence = '']) => ({
      name,
      version,
      licence: licence.trim(),
    }),
  );
}

describe('docs/dependencies.md', () => {
  it.each([
    ['At run time', { ...project?.dependencies, ...cli?.dependencies, ...sdk?.dependencies }],
    ['For development', { ...project?.devDependencies, ...cli?.devDependencies, ...sdk?.devDependencies }],
  ])('gives each dependency its reason: %s', (heading, wanted) => {
    expect(
      rowsUnder(heading)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(Object.keys(wanted).sort());
  });

  it('states the versions and licences of the lock file', () => {
    const stated = [...rowsUnder('At run time'), ...rowsUnder('For development')];
    const locked = stated.map(({ name, version, licence }) => {
      const entry = packages[`node_modules/${name}`];
      const full = entry?.version ?? '';
      // A package that tells its licence only by a file has none in the lock.
      const locked = entry?.license ?? licence;
      return { name, version: `${full}.`.startsWith(`${version}.`) ? version : full, licence: locked };
    });
    expect(stated).toEqual(locked);
  });

  it('names every peer dependency and override', () => {
    const others = { ...project?.peerDependencies, ...sdk?.peerDependencies, ...project?.overrides };
    expect(Object.keys(others).filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });
});
