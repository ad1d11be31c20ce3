import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { buildEntry, readEntry } from '../cache';
import { lastWords } from '../run-command';
import { MONGOD, PLATFORM } from '../versions';
import { findOnPath } from './find-on-path';
import type { Way, WayOutcome } from './way';
import { DOWNLOAD_TIMEOUT_MS, REACH_TIMEOUT_MS, VERSION_TIMEOUT_MS, type WaysContext } from './ways-context';

const KEY = `mongod-${MONGOD.version}-${PLATFORM}`;
const BINARY = process.platform === 'win32' ? 'mongod.exe' : 'mongod';

/** The ways to a real MongoDB server: cheapest first. */
export function mongodWays(context: WaysContext): { installed: Way; cached: Way; download: Way } {
  return {
    installed: { name: 'PATH', attempt: () => fromPath(context) },
    cached: { name: 'cache', attempt: () => fromCache(context) },
    download: { name: 'download', attempt: () => byDownload(context) },
  };
}

async function fromPath({ env, run }: WaysContext): Promise<WayOutcome> {
  const command = await findOnPath('mongod', env);
  if (command === undefined) return { declined: 'no mongod there' };
  const version = await versionOf(command, run);
  if (version === undefined) return { declined: `${command} does not say its version` };
  if (Number.parseInt(version, 10) < MONGOD.oldestMajor) {
    return {
      declined: `${command} is ${version}, older than ${MONGOD.oldestMajor}`,
      remedy: `Update mongod to ${MONGOD.version}.`,
    };
  }
  return { taken: { engine: 'mongod', command, args: [], origin: `mongod ${version} found on PATH` } };
}

async function fromCache({ cacheRoot, run, log }: WaysContext): Promise<WayOutcome> {
  const entry = await readEntry(cacheRoot, KEY, log);
  if (entry === undefined) return { declined: 'no usable mongod in it' };
  const command = join(entry.dir, BINARY);
  if ((await versionOf(command, run)) === undefined) return { declined: 'the cached mongod does not run' };
  return { taken: { engine: 'mongod', command, args: [], origin: `mongod ${MONGOD.version}, cached` } };
}

/** mongodb-memory-server knows which archive fits this system and checks its MD5; bounded, as it retries on its own. */
async function byDownload({ env, run, reach, cacheRoot, log }: WaysContext): Promise<WayOutcome> {
  const unreachable = await reach('https://fastdl.mongodb.org/', REACH_TIMEOUT_MS);
  if (unreachable !== undefined) return { declined: unreachable };
  const build = async (dir: string): Promise<void> => {
    const downloadDir = join(dir, 'download');
    await mkdir(downloadDir);
    const script = `require(${JSON.stringify(require.resolve('mongodb-memory-server-core'))}).MongoBinary
      .getPath({ version: ${JSON.stringify(MONGOD.version)}, downloadDir: ${JSON.stringify(downloadDir)}, checkMD5: true })
      .then((path) => console.log('\\n' + path)).catch((error) => { console.error(error.message); process.exit(1); })`;
    const childEnv = { ...env, MONGOMS_PREFER_GLOBAL_PATH: 'false', MONGOMS_DOWNLOAD_DIR: downloadDir };
    const result = await run(process.execPath, ['-e', script], { env: childEnv, timeoutMs: DOWNLOAD_TIMEOUT_MS });
    if (result.code !== 0) throw new Error(lastWords(result, DOWNLOAD_TIMEOUT_MS));
    const path = result.stdout.trim().split('\n').at(-1) ?? '';
    await rename(path, join(dir, BINARY));
    await rm(downloadDir, { recursive: true });
    if ((await versionOf(join(dir, BINARY), run)) === undefined)
      throw new Error('the downloaded mongod does not run here');
  };
  const entry = await buildEntry({ root: cacheRoot, key: KEY, origin: 'downloaded', log, build });
  const origin = `mongod ${MONGOD.version} downloaded`;
  return { taken: { engine: 'mongod', command: join(entry.dir, BINARY), args: [], origin } };
}

async function versionOf(command: string, run: WaysContext['run']): Promise<string | undefined> {
  const { code, stdout } = await run(command, ['--version'], { timeoutMs: VERSION_TIMEOUT_MS });
  return code === 0 ? /db version v(\d+\.\d+\.\d+)/.exec(stdout)?.[1] : undefined;
}
