import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { minVersion, satisfies } from 'semver';

interface LockedPackage {
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly engines?: { readonly node?: string };
}

const text = readFileSync(join(__dirname, '../../../package-lock.json'), 'utf8');
const { packages } = JSON.parse(text) as { packages: Readonly<Record<string, LockedPackage>> };

describe('package-lock.json', () => {
  it('names the binaries of every platform, or npm ci refuses it', () => {
    const locked = new Set(Object.keys(packages).map((path) => path.split('node_modules/').at(-1)));
    const wanted = Object.values(packages).flatMap(({ optionalDependencies = {} }) =>
      Object.keys(optionalDependencies),
    );
    // A registry that does not carry some of them leaves them out of the lock without a word: choose a version it
    // carries whole.
    expect(wanted.filter((name) => !locked.has(name))).toEqual([]);
  });

  it('holds no package that wants a newer Node than we promise', () => {
    const oldest = minVersion(packages['']?.engines?.node ?? '')?.version ?? '';
    const tooNew = Object.entries(packages).flatMap(([path, { engines }]) =>
      engines?.node === undefined || satisfies(oldest, engines.node) ? [] : [`${path} wants Node ${engines.node}`],
    );
    expect(oldest).not.toBe('');
    // Such a package makes npm warn, or refuse where `engine-strict` is set: hold its parent at an older version.
    expect(tooNew).toEqual([]);
  });
});
