import { readFileSync } from 'node:fs';
import { join } from 'node:path';

interface LockedPackage {
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

describe('package-lock.json', () => {
  it('names the binaries of every platform, or npm ci refuses it', () => {
    const text = readFileSync(join(__dirname, '../../../package-lock.json'), 'utf8');
    const { packages } = JSON.parse(text) as { packages: Readonly<Record<string, LockedPackage>> };
    const locked = new Set(Object.keys(packages).map((path) => path.split('node_modules/').at(-1)));
    const wanted = Object.values(packages).flatMap(({ optionalDependencies = {} }) =>
      Object.keys(optionalDependencies),
    );
    // A registry that does not carry some of them leaves them out of the lock without a word: choose a version it carries whole.
    expect(wanted.filter((name) => !locked.has(name))).toEqual([]);
  });
});
