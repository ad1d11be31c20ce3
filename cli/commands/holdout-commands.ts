import type { Command } from 'commander';
import type { HoldoutCoverage } from '../../flags/document/holdout';
import { ErrorCode, HeadgateError } from '../../core/errors';
import type { HoldoutAnswer, HoldoutSetAnswer } from '../api/answers';
import { holdoutLines, holdoutList } from '../render/holdout-lines';
import { does, nonEmpty, numberBetween, type CommandContext } from './command';

interface CoverageOptions {
  readonly all?: true;
  readonly flag?: string[];
  readonly tag?: string[];
  readonly owner?: string[];
}

/** `headgate holdout …` */
export function addHoldoutCommands(program: Command, context: CommandContext): void {
  const holdout = program
    .command('holdout')
    .description('keep a share of users out of new features, to measure them together');

  does<CoverageOptions & { weight: number; salt?: string; description?: string; reason: string }>(
    withCoverageOptions(
      holdout.command('create <key>').description('hold a share of targeting keys out of new features'),
    )
      .requiredOption(
        '--weight <percent>',
        'share of targeting keys, 0.001 to 50',
        numberBetween('--weight', 0.001, 50),
      )
      .option('--salt <text>', 'give the salt of another environment to hold the same keys out; drawn when omitted')
      .option('--description <text>', 'what it is for')
      .requiredOption('--reason <text>', 'why, for the record', nonEmpty),
    context,
    async (session, { weight, salt, description, reason, ...options }, key = '') => {
      const environment = await session.environment();
      const body = { key, weight, salt, description, covers: coverageOf(options), reason };
      const { body: answer } = await session.api.call<HoldoutAnswer>(
        'POST',
        ['environments', environment, 'holdouts'],
        {
          body,
        },
      );
      session.answer(answer, () => holdoutLines(answer, session.style));
    },
  );

  does<CoverageOptions & { reason: string }>(
    withCoverageOptions(
      holdout.command('edit <key>').description('let it cover other flags; who is held out stays the same'),
    ).requiredOption('--reason <text>', 'why, for the record', nonEmpty),
    context,
    async (session, { reason, ...options }, key = '') => {
      const path = ['environments', await session.environment(), 'holdouts', key];
      const body = { covers: coverageOf(options), reason };
      const { body: answer } = await session.api.call<HoldoutAnswer>('PUT', path, { body });
      session.answer(answer, () => holdoutLines(answer, session.style));
    },
  );

  does<{ reason: string }>(
    holdout
      .command('end <key>')
      .description('serve the keys it held out like all others, at once')
      .requiredOption('--reason <text>', 'why, for the record', nonEmpty),
    context,
    async (session, { reason }, key = '') => {
      const path = ['environments', await session.environment(), 'holdouts', key, 'end'];
      const { body: answer } = await session.api.call<HoldoutAnswer>('POST', path, { body: { reason } });
      session.answer(answer, () => holdoutLines(answer, session.style));
    },
  );

  does(
    holdout.command('get <key>').description('show one holdout and the flags that it covers now'),
    context,
    async (session, _options, key = '') => {
      const path = ['environments', await session.environment(), 'holdouts', key];
      const answer = await session.api.get<HoldoutAnswer>(path);
      session.answer(answer, () => holdoutLines(answer, session.style));
    },
  );

  does(holdout.command('list').description('list the holdouts of an environment'), context, async (session) => {
    const path = ['environments', await session.environment(), 'holdouts'];
    const answer = await session.api.get<HoldoutSetAnswer>(path);
    session.answer(answer, () => holdoutList(answer, session.style));
  });
}

function withCoverageOptions(command: Command): Command {
  return command
    .option('--all', 'cover every flag, also those that are made later')
    .option('--flag <keys...>', 'cover these flags')
    .option('--tag <tags...>', 'cover flags with any of these tags, now or later')
    .option('--owner <owners...>', 'cover flags of any of these owners, now or later');
}

function coverageOf({ all, flag, tag, owner }: CoverageOptions): HoldoutCoverage {
  const covers = {
    ...(all === true && { all }),
    ...(flag !== undefined && { flags: flag }),
    ...(tag !== undefined && { tags: tag }),
    ...(owner !== undefined && { owners: owner }),
  };
  if (Object.keys(covers).length > 0) return covers;
  throw new HeadgateError(ErrorCode.InvalidArgument, 'nothing says which flags the holdout covers', {
    remedy: 'Give --all, --flag, --tag or --owner.',
  });
}
