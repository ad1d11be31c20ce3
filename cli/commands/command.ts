import { InvalidArgumentError, Option, type Command, type OptionValues } from 'commander';
import { parseDuration } from '../../core/duration';
import { ErrorCode, HeadgateError } from '../../core/errors';
import { ExitCode } from '../exit-codes';
import type { Io } from '../io';
import { Session, type GlobalOptions } from '../session';

/** What commands are built with: the world, and where their exit code goes. */
export interface CommandContext {
  readonly io: Io;
  exitCode: ExitCode;
}

/** Adds the options that every command takes. */
export function addGlobalOptions(program: Command): Command {
  return program
    .addOption(new Option('--env <environment>', 'environment; may be left out while there is only one'))
    .addOption(new Option('--url <address>', 'address of the server (HEADGATE_URL)'))
    .addOption(new Option('--token <token>', 'bearer token (HEADGATE_TOKEN)'))
    .addOption(new Option('--json', 'answers as JSON; followed rollouts as one document a line'))
    .addOption(
      new Option('--timeout <duration>', 'longest wait, such as 90s or 2h, for an answer or a rollout’s end').argParser(
        positiveDuration,
      ),
    )
    .addOption(new Option('--debug', 'show stacks of errors'));
}

/**
 * Sets what a command does. The work gets a session, the command's own options and its arguments; answering nothing
 * means success.
 */
export function does<Options extends OptionValues>(
  command: Command,
  context: CommandContext,
  work: (session: Session, options: Options, ...words: string[]) => Promise<ExitCode | void>,
): void {
  command.action(async () => {
    const session = new Session(context.io, command.optsWithGlobals<GlobalOptions>());
    context.exitCode = (await work(session, command.opts<Options>(), ...command.args)) ?? ExitCode.Ok;
  });
}

/** A text of an option that says something. */
export function nonEmpty(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('say why in a few words.');
  return text;
}

/** A duration of an option, in milliseconds. */
function positiveDuration(text: string): number {
  const ms = parseDuration(text);
  if (ms > 0) return ms;
  throw new HeadgateError(ErrorCode.InvalidDuration, `--timeout is ${text}, which is no time at all`, {
    remedy: 'Write a duration above zero, such as 90s.',
  });
}

/**
 * A number of an option or argument.
 *
 * @throws {HeadgateError} INVALID_ARGUMENT when it is none or out of range
 */
export function numberBetween(what: string, min: number, max: number): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (Number.isFinite(value) && value >= min && value <= max) return value;
    throw new HeadgateError(ErrorCode.InvalidArgument, `${what} is '${text}', not a number from ${min} to ${max}`);
  };
}
