import { chmod, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ErrorCode, HeadgateError } from '../../core/errors';
import { buildEntry, readEntry, type CacheEntry } from '../cache';
import { lastWords } from '../run-command';
import { PLATFORM, TEMPORAL_CLI } from '../versions';
import { findOnPath } from './find-on-path';
import type { Program, Way, WayOutcome } from './way';
import { DOWNLOAD_TIMEOUT_MS, REACH_TIMEOUT_MS, VERSION_TIMEOUT_MS, type WaysContext } from './ways-context';

const KEY = `temporal-${TEMPORAL_CLI.version}-${PLATFORM}`;
const BINARY = process.platform === 'win32' ? 'temporal.exe' : 'temporal';
const GO_PROXY_TIMEOUT_MS = 20_000;
/** Cold, on two slow cores, it takes five minutes. */
const GO_BUILD_TIMEOUT_MS = 30 * 60_000;

/** The ways to Temporal's CLI, which holds the server and the Web UI: cheapest first. */
export function temporalWays(context: WaysContext): Way[] {
  return [
    { name: 'PATH', attempt: () => fromPath(context) },
    { name: 'cache', attempt: () => fromCache(context) },
    { name: 'download', attempt: () => byDownload(context) },
    { name: 'Go module proxy', attempt: () => byGoInstall(context) },
  ];
}

async function fromPath({ env, run }: WaysContext): Promise<WayOutcome> {
  const command = await findOnPath('temporal', env);
  if (command === undefined) return { declined: 'no temporal there' };
  const server = await serverVersion(command, run);
  if (server === undefined) return { declined: `${command} does not say its version` };
  const [major = 0, minor = 0] = server.split('.').map(Number);
  const [oldestMajor, oldestMinor] = TEMPORAL_CLI.oldestServer;
  if (major < oldestMajor || (major === oldestMajor && minor < oldestMinor)) {
    return {
      declined: `${command} has server ${server}, older than ${oldestMajor}.${oldestMinor}`,
      remedy: `Update Temporal's CLI to ${TEMPORAL_CLI.version} or later.`,
    };
  }
  return { taken: { engine: 'temporal', command, args: [], origin: `found on PATH (server ${server})` } };
}

async function fromCache({ cacheRoot, run, log }: WaysContext): Promise<WayOutcome> {
  const entry = await readEntry(cacheRoot, KEY, log);
  if (entry === undefined) return { declined: 'nothing usable in it' };
  const server = await serverVersion(join(entry.dir, BINARY), run);
  if (server === undefined) return { declined: 'the cached program does not run' };
  return { taken: program(entry, `cached, ${entry.origin}`) };
}

/**
 * Temporal's own downloader, as its testing package carries it. It runs in a process of its own: it brings a native runtime
 * of which a process can have only one, and it can be given up on.
 */
async function byDownload({ env, run, reach, cacheRoot, log }: WaysContext): Promise<WayOutcome> {
  const unreachable = await reach('https://temporal.download/', REACH_TIMEOUT_MS);
  if (unreachable !== undefined) return { declined: unreachable };
  const origin = `downloaded ${TEMPORAL_CLI.version}`;
  const build = async (dir: string): Promise<void> => {
    const downloadDir = join(dir, 'download');
    await mkdir(downloadDir);
    const executable = { type: 'cached-download', downloadDir, version: TEMPORAL_CLI.version };
    const script = `require(${JSON.stringify(require.resolve('@temporalio/testing'))}).TestWorkflowEnvironment
      .createLocal({ server: { executable: ${JSON.stringify(executable)} } }).then((started) => started.teardown())
      .catch((error) => { console.error(error.message); process.exit(1); })`;
    const result = await run(process.execPath, ['-e', script], { env, timeoutMs: DOWNLOAD_TIMEOUT_MS });
    if (result.code !== 0) throw new Error(lastWords(result, DOWNLOAD_TIMEOUT_MS));
    const [file] = (await readdir(downloadDir)).filter((name) => !name.endsWith('.downloading'));
    if (file === undefined) throw new Error('the downloader left no file');
    await rename(join(downloadDir, file), join(dir, BINARY));
    await rm(downloadDir, { recursive: true });
    await chmod(join(dir, BINARY), 0o755);
  };
  const entry = await buildEntry({ root: cacheRoot, key: KEY, origin, log, build });
  return { taken: program(entry, entry.origin) };
}

/** Go checks every module against go.sum and its checksum database; the sum of the CLI's own module is pinned here too. */
async function byGoInstall({ env, run, cacheRoot, log }: WaysContext): Promise<WayOutcome> {
  const remedy =
    'Install Go 1.24 or later from https://go.dev/dl, or put the temporal CLI on PATH (https://docs.temporal.io/cli).';
  const go = await findOnPath('go', env);
  if (go === undefined) return { declined: 'go is not installed', remedy };
  const target = `${TEMPORAL_CLI.module}@${TEMPORAL_CLI.version}`;
  const listed = await run(go, ['list', '-m', '-json', target], { env, cwd: '/', timeoutMs: GO_PROXY_TIMEOUT_MS });
  if (listed.code !== 0) {
    return {
      declined: `the Go module proxy does not give ${target}: ${lastWords(listed, GO_PROXY_TIMEOUT_MS)}`,
      remedy,
    };
  }
  const origin = `built ${TEMPORAL_CLI.version} from the Go module proxy`;
  const build = async (dir: string): Promise<void> => {
    log(`temporal: building ${TEMPORAL_CLI.version} from the Go module proxy; once, it can take five minutes and more`);
    const install = ['install', `${TEMPORAL_CLI.command}@${TEMPORAL_CLI.version}`];
    const built = await run(go, install, { env: { ...env, GOBIN: dir }, cwd: dir, timeoutMs: GO_BUILD_TIMEOUT_MS });
    if (built.code !== 0) throw new Error(`go install failed: ${lastWords(built, GO_BUILD_TIMEOUT_MS)}`);
    const facts = await run(go, ['version', '-m', join(dir, BINARY)], { env, timeoutMs: VERSION_TIMEOUT_MS });
    const sum = facts.stdout
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .find(([kind]) => kind === 'mod');
    if (sum?.[1] !== TEMPORAL_CLI.module || sum[2] !== TEMPORAL_CLI.version || sum[3] !== TEMPORAL_CLI.moduleSum) {
      throw new HeadgateError(
        ErrorCode.StackUnavailable,
        `the binary built is not ${target} with sum ${TEMPORAL_CLI.moduleSum}, but ${sum?.slice(1).join(' ') ?? 'unknown'}`,
        { remedy: 'Check GOPROXY: what it serves under this version is not the published module.' },
      );
    }
  };
  const entry = await buildEntry({ root: cacheRoot, key: KEY, origin, log, build });
  return { taken: program(entry, entry.origin) };
}

/** The version of the server inside the CLI; only that tells its builds apart, as a `go install`ed one calls itself DEV. */
async function serverVersion(command: string, run: WaysContext['run']): Promise<string | undefined> {
  const { code, stdout } = await run(command, ['--version'], { timeoutMs: VERSION_TIMEOUT_MS });
  return code === 0 ? /Server (\d+\.\d+\.\d+)/.exec(stdout)?.[1] : undefined;
}

function program({ dir }: CacheEntry, origin: string): Program {
  return { engine: 'temporal', command: join(dir, BINARY), args: [], origin };
}
