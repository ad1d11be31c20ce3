import { CommanderError } from 'commander';
import { ErrorCode, HeadgateError } from '../core/errors';
import type { CommandContext } from './commands/command';
import { ExitCode, exitCodeOfError } from './exit-codes';
import type { Io } from './io';
import { buildProgram } from './program';
import { errorJson, errorLines } from './render/error-lines';
import { styleFor } from './render/style';

/**
 * Runs one command line and says what went wrong, if anything did.
 *
 * @param words - arguments after the program's name
 */
export async function run(words: readonly string[], io: Io): Promise<ExitCode> {
  const isJson = words.includes('--json');
  const context: CommandContext = { io, exitCode: ExitCode.Ok };
  try {
    await buildProgram(context, isJson).parseAsync([...words], { from: 'user' });
    return context.exitCode;
  } catch (thrown) {
    if (thrown instanceof CommanderError && thrown.exitCode === 0) return ExitCode.Ok;
    // Commander has told people already.
    if (thrown instanceof CommanderError && !isJson) return ExitCode.Usage;
    const error =
      thrown instanceof CommanderError
        ? new HeadgateError(ErrorCode.InvalidArgument, thrown.message.replace(/^error: /, ''), { cause: thrown })
        : thrown;
    const exitCode = exitCodeOfError(error);
    const lines = isJson
      ? [errorJson(error, exitCode)]
      : errorLines(error, styleFor(io.stderr, io.env), words.includes('--debug'));
    for (const line of lines) io.stderr.write(`${line}\n`);
    return exitCode;
  }
}
