import { mkdir, mkdtemp, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ErrorCode, HeadgateError } from '../core/errors';

/** The parts of the stack. */
export type ComponentName = 'temporal' | 'mongodb';
/** Every part, in the order in which they are named to people. */
export const COMPONENTS: readonly ComponentName[] = ['temporal', 'mongodb'];

/** What a data folder says of a running component, enough to reach it and to end it and nobody else. */
export interface ComponentRecord {
  readonly pid: number;
  /** See `processIdentity`. */
  readonly identity: string;
  readonly port: number;
  /** The Web UI's, where the component has one. */
  readonly uiPort?: number;
  readonly origin: string;
  readonly engine: string;
  /** How it was started, so that whoever adopts it can start it again. */
  readonly command: string;
  readonly args: readonly string[];
}

/** A folder is only ever emptied when it holds this file. */
const MARKER = 'headgate-data';

/** Where the stack of a project keeps its data: `HEADGATE_DATA_DIR`, else `.headgate` in the working directory. */
export function defaultDataDir(env: NodeJS.ProcessEnv = process.env): string {
  return resolve(env['HEADGATE_DATA_DIR'] || '.headgate');
}

/** A new, empty data folder for one run. */
export async function ephemeralDataDir(): Promise<string> {
  return openDataDir(await mkdtemp(join(tmpdir(), 'headgate-')));
}

/** Creates the folder where it is missing and marks it as ours. */
export async function openDataDir(dir: string): Promise<string> {
  await mkdir(join(dir, 'run'), { recursive: true });
  await mkdir(join(dir, 'logs'), { recursive: true });
  for (const component of COMPONENTS) await mkdir(join(dir, component), { recursive: true });
  await writeFile(join(dir, MARKER), 'The data of an embedded Headgate stack. `headgate reset` empties this folder.\n');
  return dir;
}

/**
 * Removes everything kept; the folder is gone afterwards.
 *
 * @throws {HeadgateError} INVALID_ARGUMENT when the folder is not one that the stack made
 */
export async function removeDataDir(dir: string): Promise<void> {
  const marked = await readFile(join(dir, MARKER)).then(
    () => true,
    () => false,
  );
  if (!marked) {
    throw new HeadgateError(
      ErrorCode.InvalidArgument,
      `'${dir}' is not a data folder of Headgate and is left as it is`,
      {
        remedy: 'Name the folder that was given to `headgate up`.',
      },
    );
  }
  for (const part of ['run', 'logs', ...COMPONENTS, MARKER])
    await rm(join(dir, part), { recursive: true, force: true });
  // What else a user keeps in it stays, and the folder with it.
  await rmdir(dir).catch(() => undefined);
}

/** The running component's record, or undefined. */
export async function readRecord(dir: string, component: ComponentName): Promise<ComponentRecord | undefined> {
  const text = await readFile(recordFile(dir, component), 'utf8').catch(() => undefined);
  try {
    return text === undefined ? undefined : (JSON.parse(text) as ComponentRecord);
  } catch {
    return undefined;
  }
}

/** Writes the record whole, so that nobody ever reads half of one. */
export async function writeRecord(dir: string, component: ComponentName, record: ComponentRecord): Promise<void> {
  const file = recordFile(dir, component);
  await writeFile(`${file}.${process.pid}`, JSON.stringify(record, null, 2));
  await rename(`${file}.${process.pid}`, file);
}

/** Forgets a component that runs no more. */
export async function removeRecord(dir: string, component: ComponentName): Promise<void> {
  await rm(recordFile(dir, component), { force: true });
}

function recordFile(dir: string, component: ComponentName): string {
  return join(dir, 'run', `${component}.json`);
}
