import { bundleWorkflowCode, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import type { Logger } from 'pino';

const WORKFLOWS = join(__dirname, '..', 'workflows');
/** Rooms whose code may reach the bundle. */
const SOURCES = [WORKFLOWS, join(__dirname, '..', 'core')];

async function sourceHash(): Promise<string> {
  const hash = createHash('sha256');
  hash.update(await readFile(require.resolve('@temporalio/workflow/package.json')));
  for (const folder of SOURCES) {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    for (const file of files.sort()) hash.update(file.slice(folder.length)).update(await readFile(file));
  }
  return hash.digest('hex').slice(0, 24);
}

/** Builds the workflow bundle: about three seconds of one core. */
export async function buildWorkflowBundle(logger: Pick<Logger, 'debug'>): Promise<WorkflowBundleWithSourceMap> {
  const log = (message: string): void => logger.debug(message);
  return bundleWorkflowCode({
    workflowsPath: join(WORKFLOWS, `index${extname(__filename)}`),
    logger: { log: (_, message) => log(message), trace: log, debug: log, info: log, warn: log, error: log },
  });
}

/**
 * The bundle of the workflow code as it stands, from the cache folder when it was built from the same sources before.
 * Two processes may build at once: each writes a file of its own and moves it into place.
 */
export async function cachedWorkflowBundle(
  cacheFolder: string,
  logger: Pick<Logger, 'debug'>,
): Promise<{ code: string }> {
  const file = join(cacheFolder, `workflows-${await sourceHash()}.js`);
  const cached = await readFile(file, 'utf8').catch(() => null);
  if (cached !== null) return { code: cached };
  const { code } = await buildWorkflowBundle(logger);
  await mkdir(dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}.${Date.now()}`;
  await writeFile(temporary, code);
  await rename(temporary, file);
  return { code };
}
