import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ErrorCode, HeadgateError, messageOf } from '../../core/errors';

const run = promisify(execFile);

/** A process of another room: what to call it with. Rooms are separate programs; the CLI imports none of them. */
export interface Program {
  readonly command: string;
  readonly args: readonly string[];
}

/** The command line of `server/main` and its like: compiled where the package is, through tsx in a checkout. */
export function programOf(...path: readonly string[]): Program {
  const file = join(__dirname, '..', '..', ...path);
  if (existsSync(`${file}.js`)) return { command: process.execPath, args: [`${file}.js`] };
  return { command: process.execPath, args: ['--require', require.resolve('tsx/cjs'), `${file}.ts`] };
}

/**
 * Makes the first admin token of the installation's database.
 *
 * @returns null when it has an admin token already
 * @throws {HeadgateError} DATABASE_UNAVAILABLE when the database cannot be prepared
 */
export async function firstToken(settings: Readonly<Record<string, string>>): Promise<string | null> {
  const { command, args } = programOf('server', 'bootstrap-main');
  try {
    const { stdout } = await run(command, args, { env: { ...process.env, ...settings }, timeout: 60_000 });
    return (JSON.parse(stdout) as { token: string | null }).token;
  } catch (error) {
    const said = (error as { stderr?: string }).stderr?.trim().split('\n').at(-1);
    throw new HeadgateError(
      ErrorCode.DatabaseUnavailable,
      `the database cannot be prepared: ${said || messageOf(error)}`,
      {
        cause: error,
        remedy: 'Look at the database, or start over with `headgate reset` and `headgate up`.',
      },
    );
  }
}
