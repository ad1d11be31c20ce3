import { access, constants, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/** The first executable file of that name on PATH, or undefined. */
export async function findOnPath(name: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  for (const dir of (env['PATH'] ?? '').split(delimiter)) {
    if (dir === '') continue;
    const candidate = join(dir, name + suffix);
    const usable = await access(candidate, constants.X_OK)
      .then(async () => (await stat(candidate)).isFile())
      .catch(() => false);
    if (usable) return candidate;
  }
  return undefined;
}
