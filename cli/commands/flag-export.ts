import { Option, type Command } from 'commander';
import type { Segment } from '../../flags/document/segment';
import type { Exported, ExportSource } from '../../flags/export/exported';
import { exportFlagd } from '../../flags/export/flagd';
import { exportGrowthBook } from '../../flags/export/growthbook';
import { exportUnleash } from '../../flags/export/unleash';
import type { FlagAnswer } from '../api/answers';
import { ExitCode } from '../exit-codes';
import { readFlagFile } from '../flag-file';
import { readNamedFile } from '../read-file';
import { noteLines } from '../render/import-lines';
import { styleFor } from '../render/style';
import type { Session } from '../session';
import { does, type CommandContext } from './command';

interface ExportOptions {
  readonly to: keyof typeof WRITERS;
  readonly file?: string;
  readonly strict?: true;
}

/** What makes each system's document. */
const WRITERS: Readonly<Record<'flagd' | 'unleash' | 'growthbook', (source: ExportSource) => Exported<object>>> = {
  flagd: exportFlagd,
  unleash: exportUnleash,
  growthbook: exportGrowthBook,
};

/** `headgate flag export` */
export function addFlagExport(flag: Command, context: CommandContext): void {
  does<ExportOptions>(
    flag
      .command('export')
      .description('write flags and segments as another system reads them, and tell of each item that it cannot say')
      .addOption(new Option('--to <system>', 'who is to read them').choices(Object.keys(WRITERS)).makeOptionMandatory())
      .option('-f, --file <file>', 'flags of a file that `flag apply` takes, instead of the environment’s')
      .option('--strict', 'write nothing, and fail, when an item is left out or means something else'),
    context,
    async (session, { to, file, strict }) => {
      const { document, notes } = WRITERS[to](
        file === undefined ? await stored(session) : await written(session, file),
      );
      const isRefused = strict === true && notes.some(({ kind }) => kind !== 'noted');
      if (session.json) session.answer({ document: isRefused ? null : document, notes }, () => []);
      else {
        if (!isRefused) session.print([JSON.stringify(document, null, 2)]);
        noteLines(notes, styleFor(session.io.stderr, session.io.env)).forEach((line) => session.note(line));
      }
      return isRefused ? ExitCode.Usage : ExitCode.Ok;
    },
  );
}

async function stored(session: Session): Promise<ExportSource> {
  const environment = await session.environment();
  const [flags, segments] = await Promise.all([
    session.api.get<FlagAnswer[]>(['environments', environment, 'flags']),
    session.api.get<Segment[]>(['environments', environment, 'segments']),
  ]);
  return { flags, segments };
}

async function written(session: Session, file: string): Promise<ExportSource> {
  const { flags, segments } = readFlagFile(await readNamedFile(session.io, file), file);
  return { flags: flags.map((flag) => ({ ...flag, enabled: flag.enabled ?? true })), segments };
}
