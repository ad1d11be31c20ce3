import { InvalidArgumentError, type Command } from 'commander';
import type { DecisionRecord, FieldChange } from '../../flags/document/decision-record';
import type { FlagAnswer } from '../api/answers';
import { diffLines, historyLines } from '../render/history-lines';
import { does, numberBetween, type CommandContext } from './command';

const MAX_RECORDS = 1000;

/** Whole numbers from 1 on. */
function revisionOf(text: string): number {
  const revision = numberBetween('a revision', 1, Number.MAX_SAFE_INTEGER)(text);
  if (Number.isInteger(revision)) return revision;
  throw new InvalidArgumentError('a revision is a whole number.');
}

/** `headgate flag history|diff|archive|restore` */
export function addFlagHistory(flag: Command, context: CommandContext): void {
  does<{ limit: number }>(
    flag
      .command('history <key>')
      .description('tell what was done to a flag, by whom and why, newest first')
      .option('--limit <n>', 'records at most', numberBetween('--limit', 1, MAX_RECORDS), 20),
    context,
    async (session, { limit }, key = '') => {
      const environment = await session.environment();
      const path = ['environments', environment, 'flags', key, 'history'];
      const records = await session.api.get<DecisionRecord[]>(path, { query: { limit } });
      session.answer(records, () => historyLines(records, session.style));
    },
  );

  does(
    flag
      .command('diff <key> <from> [to]')
      .description('show what people changed of a flag from one revision to another, or to how it stands'),
    context,
    async (session, _options, key = '', from = '', to = '') => {
      const environment = await session.environment();
      const query = { from: String(revisionOf(from)), ...(to === '' ? {} : { to: String(revisionOf(to)) }) };
      const path = ['environments', environment, 'flags', key, 'diff'];
      const changes = await session.api.get<FieldChange[]>(path, { query });
      session.answer(changes, () => diffLines(changes, session.style));
    },
  );

  does<{ reason: string }>(
    flag
      .command('archive <key>')
      .description('take a flag out of use; it is kept with its history and can be restored')
      .requiredOption('--reason <text>', 'why, for the decision record'),
    context,
    async (session, { reason }, key = '') => {
      const environment = await session.environment();
      await session.api.call('DELETE', ['environments', environment, 'flags', key], { query: { reason } });
      session.answer({ key, archived: true }, () => [`${key} in ${environment} is archived`]);
    },
  );

  does<{ reason: string; revision?: number }>(
    flag
      .command('restore <key>')
      .description('bring a flag back as it was at a revision; an archived one as it was before, when none is named')
      .option('--revision <n>', 'from `flag history`', revisionOf)
      .requiredOption('--reason <text>', 'why, for the decision record'),
    context,
    async (session, { reason, revision }, key = '') => {
      const environment = await session.environment();
      const path = ['environments', environment, 'flags', key, 'restore'];
      const wish = { reason, ...(revision === undefined ? {} : { revision }) };
      const { body } = await session.api.call<FlagAnswer>('POST', path, { body: wish });
      session.answer(body, () => [`${key} in ${environment} is restored, revision ${body.revision}`]);
    },
  );
}
