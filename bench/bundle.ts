import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';

const ROOT = resolve(__dirname, '..');

/** A folder of bundles that is gone after {@link remove}. */
export interface Bundles {
  /** Bundles sources as a package is, so that compiling them is no part of what is measured. @returns the bundle's path */
  add(entry: string): Promise<string>;
  remove(): void;
}

/** Makes a folder of bundles outside the repository that finds its packages. */
export function makeBundles(): Bundles {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-bench-'));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  return {
    async add(entry) {
      const outfile = join(folder, entry.replaceAll('/', '-').replace(/\.ts$/, '.js'));
      await build({
        entryPoints: [join(ROOT, entry)],
        outfile,
        bundle: true,
        platform: 'node',
        format: 'cjs',
        external: ['@openfeature/server-sdk', 're2js'],
      });
      return outfile;
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
}
