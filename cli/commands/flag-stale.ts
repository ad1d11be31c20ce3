import type { Command } from 'commander';
import { stat } from 'node:fs/promises';
import { parseDuration } from '../../core/duration';
import { ErrorCode, HeadgateError } from '../../core/errors';
import type { Staleness } from '../../flags/lifecycle/staleness';
import { staleLines, type StaleFlag } from '../render/stale-lines';
import { findReferences } from '../source/find-references';
import { listSourceFiles } from '../source/list-source-files';
import { does, type CommandContext } from './command';

interface StaleOptions {
  readonly src?: string;
  readonly olderThan: number;
}

/** `headgate flag stale` */
export function addFlagStale(flag: Command, context: CommandContext): void {
  does<StaleOptions>(
    flag
      .command('stale')
      .description('find flags that could be taken out: rolled out, unused or expired, and where the source names them')
      .option('--src <dir>', 'search the files of a folder for the keys of those flags')
      .option(
        '--older-than <duration>',
        'how long a flag must have been unchanged',
        parseDuration,
        parseDuration('30d'),
      ),
    context,
    async (session, { src, olderThan }) => {
      if (src !== undefined) await checkFolder(src);
      const environment = await session.environment();
      const path = ['environments', environment, 'stale-flags'];
      const all = await session.api.get<Staleness[]>(path, { query: { olderThanMs: olderThan } });
      const stale = all.filter(({ findings }) => findings.length > 0);
      const wanted = new Set(stale.map(({ key }) => key));
      const keys = all.map(({ key }) => key);
      const searched = src === undefined ? null : await findReferences(src, listSourceFiles(src), keys, wanted);
      const flags = stale.map((one): StaleFlag => {
        if (searched === null) return one;
        return { ...one, references: searched.byKey.get(one.key) ?? [], moreReferences: searched.more.has(one.key) };
      });
      const usageUnknown = all.filter(({ usage }) => usage.state === 'unknown').map(({ key }) => key);
      const answer = {
        olderThanMs: olderThan,
        flags,
        usageUnknown,
        ...(searched === null ? {} : { searched: { files: searched.files, tooLarge: searched.tooLarge } }),
      };
      session.answer(answer, () => staleLines(answer, all.length, session.style));
    },
  );
}

async function checkFolder(folder: string): Promise<void> {
  const entry = await stat(folder).catch(() => null);
  if (entry?.isDirectory() === true) return;
  throw new HeadgateError(ErrorCode.InvalidArgument, `'${folder}' is no folder`, {
    remedy: 'Name the folder of the source with --src, such as --src .',
  });
}
