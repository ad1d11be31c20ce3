import { parseDocument } from 'yaml';
import { ErrorCode, HeadgateError, messageOf, ValidationError } from '../core/errors';
import type { Io } from './io';

/**
 * Text of a file that the command line names; `-` is standard input.
 *
 * @throws {HeadgateError} INVALID_ARGUMENT when it cannot be read
 */
export async function readNamedFile(io: Io, path: string): Promise<string> {
  try {
    return await io.readText(path);
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new HeadgateError(
      ErrorCode.InvalidArgument,
      missing ? `there is no file '${path}'` : `'${path}' cannot be read: ${messageOf(error)}`,
      { cause: error, remedy: 'Name a file, or - for standard input.' },
    );
  }
}

/**
 * The value of a YAML or JSON text.
 *
 * @param what - names the text in errors
 * @throws {ValidationError} with `code` and the line of each fault
 */
export function parseYaml(text: string, what: string, code: ErrorCode): unknown {
  // `maxAliasCount` stops a small file from standing for a huge value.
  const document = parseDocument(text, { uniqueKeys: true });
  if (document.errors.length > 0) {
    throw new ValidationError(
      code,
      what,
      document.errors.map(({ message, linePos }) => ({
        field: '',
        ...(linePos === undefined ? {} : { line: linePos[0].line }),
        message: message.split('\n')[0] ?? message,
      })),
    );
  }
  try {
    return document.toJS({ maxAliasCount: 100 }) as unknown;
  } catch (error) {
    throw new ValidationError(code, what, [{ field: '', message: messageOf(error) }]);
  }
}
