import { ErrorCode, HeadgateError } from '../core/errors';
import { parseYaml } from './read-file';
import type { Session } from './session';

/**
 * The environment that a file names, which `--env` may repeat and not contradict; else as for every command.
 *
 * @param what - the file in words, such as `the plan`
 * @throws {HeadgateError} INVALID_ARGUMENT when the two contradict each other
 */
export async function writtenEnvironment(session: Session, text: string, what: string): Promise<string> {
  const written = parseYaml(text, what, ErrorCode.InvalidPlan);
  const own: unknown =
    typeof written === 'object' && written !== null ? Reflect.get(written, 'environment') : undefined;
  const { env } = session.options;
  if (typeof own !== 'string') return session.environment();
  if (env === undefined || env === own) return own;
  throw new HeadgateError(ErrorCode.InvalidArgument, `${what} is for '${own}', --env names '${env}'`);
}
