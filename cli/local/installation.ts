import { rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { SERVER_NODE_FLAGS } from '../../core/node-flags';
import {
  choosePort,
  isDetachedAlive,
  LOOPBACK,
  resetStack,
  startDetached,
  startStack,
  stopDetached,
  stopStack,
  type Stack,
} from '../../stack';
import { firstToken, programOf } from './programs';
import { readProfile, removeProfile, writeProfile } from './profile';
import { SIGNING_KEY, signingKeyOf } from './signing-key';

/** What `headgate up` has brought about. */
export interface UpResult {
  readonly url: string;
  readonly docsUrl: string;
  /** Undefined when Temporal came from the environment. */
  readonly temporalUiUrl: string | undefined;
  readonly dataDir: string;
  /** Made just now: to be shown once. */
  readonly newToken: string | undefined;
  /** Whether commands on this machine have a token without being given one. */
  readonly hasToken: boolean;
}

const USUAL_PORT = 7070;
const SERVER_TIMEOUT_MS = 30_000;
/** The first start builds the workflow bundle. */
const WORKER_TIMEOUT_MS = 120_000;
const PARTS = ['worker', 'server'] as const;

/**
 * Starts Temporal, the database, the server and a worker as processes that go on by themselves. What runs already is
 * left as it is.
 *
 * @param log - takes a line for each part
 * @throws {HeadgateError} as `startStack`, or STACK_UNAVAILABLE when server or worker do not come up
 */
export async function startInstallation(
  dataDir: string,
  env: NodeJS.ProcessEnv,
  log: (line: string) => void,
): Promise<UpResult> {
  const stack = await startStack({ mode: 'detached', dataDir, env, log });
  const profile = readProfile(dataDir);
  const settings = settingsOf(stack, signingKeyOf(dataDir), env);
  const made = await firstToken(settings);
  const port = await serverPort(dataDir, profile?.url);
  const url = `http://${LOOPBACK}:${port}`;
  const began = performance.now();
  const program = programOf('server', 'main');
  const server = await startDetached({
    name: 'server',
    dataDir,
    command: program.command,
    args: [...SERVER_NODE_FLAGS, ...program.args],
    settings: { ...settings, HEADGATE_HTTP_HOST: LOOPBACK, HEADGATE_HTTP_PORT: String(port) },
    isReady: async (lines) => saysListening(lines, url) && (await isReady(url)),
    readyTimeoutMs: SERVER_TIMEOUT_MS,
  });
  log(`server: ${server}, at ${url}, took ${((performance.now() - began) / 1000).toFixed(1)} s`);
  const token = made ?? profile?.token;
  writeProfile(dataDir, token === undefined ? { url } : { url, token });
  const worker = await startDetached({
    name: 'worker',
    dataDir,
    ...programOf('workers', 'main'),
    settings,
    isReady: async (lines) => lines.includes('the worker is ready'),
    readyTimeoutMs: WORKER_TIMEOUT_MS,
  });
  log(`worker: ${worker}`);
  return {
    url,
    docsUrl: `${url}/v1/docs`,
    temporalUiUrl: stack.temporal.uiUrl,
    dataDir,
    newToken: made ?? undefined,
    hasToken: token !== undefined,
  };
}

/**
 * Ends all of it, workers and server before what they need; the data stays.
 *
 * @returns names of what was running
 */
export async function stopInstallation(dataDir: string): Promise<string[]> {
  const ended: string[] = [];
  for (const part of PARTS) if (await stopDetached(dataDir, part)) ended.push(part);
  return [...ended, ...(await stopStack(dataDir))];
}

/**
 * Ends all of it and removes its data, key and connection profile.
 *
 * @throws {HeadgateError} INVALID_ARGUMENT when the folder is not one that `headgate up` has made
 */
export async function resetInstallation(dataDir: string): Promise<void> {
  for (const part of PARTS) await stopDetached(dataDir, part);
  await resetStack(dataDir);
  removeProfile(dataDir);
  await rm(join(dataDir, SIGNING_KEY), { force: true });
  // What else a user keeps in it stays, and the folder with it.
  await rmdir(dataDir).catch(() => undefined);
}

function settingsOf(stack: Stack, signingKey: string, env: NodeJS.ProcessEnv): Record<string, string> {
  return {
    HEADGATE_MONGODB_URL: stack.mongodb.url,
    HEADGATE_MONGODB_DATABASE: env['HEADGATE_MONGODB_DATABASE'] || 'headgate',
    HEADGATE_TEMPORAL_ADDRESS: stack.temporal.address,
    HEADGATE_TEMPORAL_NAMESPACE: stack.temporal.namespace,
    HEADGATE_SIGNING_KEY: env['HEADGATE_SIGNING_KEY'] || signingKey,
    ...(stack.temporal.uiUrl === undefined ? {} : { HEADGATE_TEMPORAL_UI_URL: stack.temporal.uiUrl }),
  };
}

/** The port of the server that runs; else the one it had last time, so that addresses stay; else the usual or any free one. */
async function serverPort(dataDir: string, lastUrl: string | undefined): Promise<number> {
  const last = lastUrl === undefined ? Number.NaN : Number(new URL(lastUrl).port);
  // One that runs and does not answer yet keeps its port as well.
  if (Number.isInteger(last) && last > 0 && (await isDetachedAlive(dataDir, 'server'))) return last;
  return choosePort(undefined, Number.isInteger(last) && last > 0 ? last : USUAL_PORT, 'the server');
}

/**
 * Whether a server has logged that it listens there. That something answers at the address is not enough: another
 * installation's server may have taken the port in the meantime, and would be sent this one's token.
 */
export function saysListening(lines: string, url: string): boolean {
  return lines.split('\n').some((line) => line.includes('"msg":"listening"') && line.includes(`"url":"${url}"`));
}

async function isReady(url: string): Promise<boolean> {
  return fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2000) }).then(
    ({ ok }) => ok,
    () => false,
  );
}
