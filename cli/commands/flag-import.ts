import { Option, type Command } from 'commander';
import type { z } from 'zod';
import { ErrorCode, HeadgateError } from '../../core/errors';
import { importFlagd } from '../../flags/import/flagd';
import { FlagdDefinition } from '../../flags/import/flagd-definition';
import { importGrowthBook } from '../../flags/import/growthbook';
import { GrowthBookPayload } from '../../flags/import/growthbook-payload';
import type { Imported } from '../../flags/import/imported';
import { importUnleash } from '../../flags/import/unleash';
import { UnleashState } from '../../flags/import/unleash-state';
import { ExitCode } from '../exit-codes';
import { applyFile } from '../flag-file';
import { parseYaml, readNamedFile } from '../read-file';
import { importLines } from '../render/import-lines';
import { does, type CommandContext } from './command';

interface ImportOptions {
  readonly from: keyof typeof READERS;
  readonly dryRun?: true;
  readonly strict?: true;
  readonly reason?: string;
  readonly client?: true;
}

/** What each system's file is read by. */
const READERS = {
  flagd: reader(FlagdDefinition, importFlagd),
  unleash: reader(UnleashState, importUnleash),
  growthbook: reader(GrowthBookPayload, importGrowthBook),
};

function reader<Schema extends z.ZodType>(schema: Schema, make: (parsed: z.infer<Schema>) => Imported) {
  return (value: unknown, from: string, file: string): Imported => {
    const parsed = schema.safeParse(value);
    if (parsed.success) return make(parsed.data);
    const [issue] = parsed.error.issues;
    const where = issue === undefined || issue.path.length === 0 ? '' : ` at ${issue.path.join('.')}`;
    // Of several forms a file may have, zod names none.
    const why = issue?.code === 'invalid_union' ? 'it has none of the forms that are read' : (issue?.message ?? '');
    throw new HeadgateError(ErrorCode.InvalidFlag, `'${file}' is no ${from} file${where}: ${why}`, {
      remedy: 'Give what that system sends its clients, as JSON or YAML; docs/import.md says how to get it.',
    });
  };
}

/** `headgate flag import` */
export function addFlagImport(flag: Command, context: CommandContext): void {
  does<ImportOptions>(
    flag
      .command('import <file>')
      .description(
        'make flags and segments of another system’s, and tell of each item that could not be taken over as it was',
      )
      .addOption(
        new Option('--from <system>', 'what the file is of').choices(Object.keys(READERS)).makeOptionMandatory(),
      )
      .option('--dry-run', 'show what would be made and send nothing')
      .option('--strict', 'send nothing, and fail, when an item is left out or means something else')
      .option('--client', 'mark the flags for client keys, which anybody may read')
      .option('--reason <text>', 'why, for the decision record'),
    context,
    async (session, { from, dryRun, strict, client, reason }, file = '') => {
      const text = await readNamedFile(session.io, file);
      const imported = READERS[from](parseYaml(text, `'${file}'`, ErrorCode.InvalidFlag), from, file);
      const isLossy = imported.notes.some(({ kind }) => kind !== 'noted');
      const isRefused = strict === true && isLossy;
      const flags = client === true ? imported.flags.map((one) => ({ ...one, client })) : imported.flags;
      const made = { ...imported, flags };
      if (dryRun === true || isRefused) {
        session.answer({ ...made, applied: [] }, () => importLines(made, [], session.style));
      } else {
        const environment = await session.environment();
        const applied = await applyFile(session.api, environment, made, reason ?? `imported from ${from}`);
        session.answer({ ...made, applied }, () => importLines(made, applied, session.style));
      }
      return isRefused ? ExitCode.Usage : ExitCode.Ok;
    },
  );
}
