import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { withLock } from './lock';

/** One checked thing in the cache. */
export interface CacheEntry {
  readonly dir: string;
  /** The way it once came by, for people: `built from the Go module proxy`. */
  readonly origin: string;
}

interface Manifest {
  readonly origin: string;
  /** SHA-256 in hex of every file, by its path inside the entry. */
  readonly files?: Readonly<Record<string, string>>;
}

/** What a build into the cache needs to know. */
export interface CacheBuild {
  readonly root: string;
  /** Folder name of the entry: name, version, platform. */
  readonly key: string;
  readonly origin: string;
  readonly log: (line: string) => void;
  /** Fills the empty folder it is given, or throws; nothing is kept then. */
  readonly build: (dir: string) => Promise<void>;
}

const MANIFEST = 'manifest.json';

/** Headgate's folder in the user's cache folder: `XDG_CACHE_HOME`, else the platform's own. */
export function cacheRoot(env: NodeJS.ProcessEnv, platform: NodeJS.Platform = process.platform): string {
  if (env['XDG_CACHE_HOME']) return join(env['XDG_CACHE_HOME'], 'headgate');
  if (platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'headgate');
  if (platform === 'win32')
    return join(env['LOCALAPPDATA'] ?? join(homedir(), 'AppData', 'Local'), 'headgate', 'cache');
  return join(homedir(), '.cache', 'headgate');
}

/**
 * The entry, once every one of its files has been found to be what was put there.
 *
 * @returns undefined when there is none, or when it is damaged; the latter is said through `log`
 */
export async function readEntry(
  root: string,
  key: string,
  log: (line: string) => void,
): Promise<CacheEntry | undefined> {
  const dir = join(root, key);
  const manifest = await readFile(join(dir, MANIFEST), 'utf8')
    .then(
      (text) => JSON.parse(text) as Manifest,
      () => undefined,
    )
    .catch(() => undefined);
  const present = await filesIn(dir);
  if (manifest === undefined && present.length === 0) return undefined;
  const found = await digests(dir, present);
  const same =
    manifest !== undefined &&
    present.length > 0 &&
    Object.keys(found).length === Object.keys(manifest.files ?? {}).length &&
    Object.entries(manifest.files ?? {}).every(([file, digest]) => found[file] === digest);
  if (!same) {
    log(`the cached ${key} is damaged and will be replaced`);
    return undefined;
  }
  return { dir, origin: manifest.origin };
}

/**
 * Builds an entry unless another process has done so meanwhile. It appears whole or not at all: it is made beside its place
 * and renamed into it.
 */
export async function buildEntry({ root, key, origin, log, build }: CacheBuild): Promise<CacheEntry> {
  return withLock(
    join(root, `${key}.lock`),
    async () => {
      const existing = await readEntry(root, key, log);
      if (existing !== undefined) return existing;
      const staging = join(root, `${key}.${process.pid}.${randomUUID().slice(0, 8)}.tmp`);
      try {
        await removeAbandoned(root, key);
        await mkdir(staging, { recursive: true });
        await build(staging);
        const manifest: Manifest = { origin, files: await digests(staging, await filesIn(staging)) };
        await writeFile(join(staging, MANIFEST), JSON.stringify(manifest, null, 2));
        const dir = join(root, key);
        await rm(dir, { recursive: true, force: true });
        await rename(staging, dir);
        return { dir, origin };
      } finally {
        await rm(staging, { recursive: true, force: true });
      }
    },
    (pid) => log(`waiting for process ${pid}, which is preparing ${key}`),
  );
}

/** Only the holder of the lock builds, so any other staging folder of this key was left by a process that died. */
async function removeAbandoned(root: string, key: string): Promise<void> {
  for (const name of await readdir(root)) {
    if (name.startsWith(`${key}.`) && name.endsWith('.tmp'))
      await rm(join(root, name), { recursive: true, force: true });
  }
}

async function filesIn(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(dir, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((file) => file !== MANIFEST);
}

async function digests(dir: string, files: readonly string[]): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const file of files) found[file] = await sha256Of(join(dir, file));
  return found;
}

/** SHA-256 of a file's bytes, in hex. */
export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
