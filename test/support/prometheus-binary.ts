import { mkdirSync } from 'node:fs';
import { mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../../stack/run-command';
import { findOnPath } from '../../stack/ways/find-on-path';

const CACHE = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'headgate', 'prometheus-deb');
const BIN = join(CACHE, 'usr', 'bin');

/**
 * Where `prometheus` or `promtool` lies. What PATH lacks is taken from Debian's package, unpacked into the cache:
 * nothing is installed or started.
 */
export async function prometheusProgram(name: 'prometheus' | 'promtool'): Promise<string> {
  const standing = (await findOnPath(name, process.env)) ?? (await findOnPath(name, { PATH: BIN }));
  if (standing !== undefined) return standing;
  await unpackPackage();
  const unpacked = await findOnPath(name, { PATH: BIN });
  if (unpacked === undefined) throw new Error(`${name} is not in Debian's package prometheus`);
  return unpacked;
}

async function unpackPackage(): Promise<void> {
  mkdirSync(join(CACHE, '..'), { recursive: true });
  const folder = await mkdtemp(join(CACHE, '..', 'unpacking-'));
  try {
    if (!(await download(folder))) {
      // A fresh machine has no package lists; only root may fetch them.
      await runCommand('apt-get', ['update', '--quiet'], { env: process.env, timeoutMs: 120_000 });
      if (!(await download(folder))) {
        throw new Error('these tests need Prometheus; install it, so that `prometheus` and `promtool` are on PATH');
      }
    }
    const [file = ''] = (await readdir(folder)).filter((entry) => entry.endsWith('.deb'));
    const unpacked = join(folder, 'root');
    const { code, stderr } = await runCommand('dpkg-deb', ['-x', join(folder, file), unpacked], { timeoutMs: 60_000 });
    if (code !== 0) throw new Error(`Debian's package prometheus cannot be unpacked: ${stderr}`);
    // Two runs may unpack at once: the first to move it into place wins.
    await rename(unpacked, CACHE).catch(() => undefined);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function download(folder: string): Promise<boolean> {
  const options = { env: process.env, cwd: folder, timeoutMs: 180_000 };
  return (await runCommand('apt-get', ['download', '--quiet', 'prometheus'], options)).code === 0;
}
