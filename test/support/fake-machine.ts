import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandOptions, CommandResult } from '../../stack/run-command';
import type { WaysContext } from '../../stack/ways/ways-context';
import { givenTempDir } from './temp-dir';

/** What a program of the machine does when it is run: its output, and what it leaves on the disk. */
export type FakeProgram = (args: readonly string[], options: CommandOptions) => Partial<CommandResult>;

/** One command as it was run. */
export interface SeenCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly options: CommandOptions;
}

/**
 * A machine with these programs on its PATH, an empty cache folder and, unless told otherwise, no network. Programs outside
 * PATH are found by their file name too.
 */
export function givenMachine(
  programs: Readonly<Record<string, FakeProgram>>,
  unreachable: string | undefined = 'no network',
) {
  const dir = givenTempDir();
  const bin = join(dir, 'bin');
  mkdirSync(bin);
  const installed = Object.keys(programs).filter((name) => !name.startsWith('('));
  for (const name of installed) writeFileSync(join(bin, name), '', { mode: 0o755 });
  const seen: SeenCommand[] = [];
  const lines: string[] = [];
  const context: WaysContext = {
    env: { PATH: bin, GOFLAGS: '-mod=mod' },
    cacheRoot: join(dir, 'cache'),
    log: (line) => lines.push(line),
    reach: async () => unreachable,
    run: async (command, args, options) => {
      seen.push({ command, args, options });
      const name = command.split('/').at(-1) ?? '';
      const program = command.startsWith(bin) ? programs[name] : programs[`(${name})`];
      const nothing = { code: 0, stdout: '', stderr: '', missing: false, timedOut: false };
      return program === undefined
        ? { ...nothing, code: -1, missing: true }
        : { ...nothing, ...program(args, options) };
    },
  };
  return { context, seen, lines, bin, dir };
}
