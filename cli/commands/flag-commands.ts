import type { Command } from 'commander';
import { stringify } from 'yaml';
import { FlagDefinition } from '../../flags/document/flag';
import type { FlagAnswer, HoldoutSetAnswer, KillSwitchAnswer } from '../api/answers';
import { applyFile, readFlagFile } from '../flag-file';
import { readNamedFile } from '../read-file';
import { isCovered } from '../../flags/evaluator/holdout';
import { coveredBy } from '../render/holdout-lines';
import { killSwitchWarning } from '../render/kill-switch-lines';
import { flagList } from '../render/lists';
import { percent } from '../render/numbers';
import { clean } from '../render/text';
import { does, nonEmpty, type CommandContext } from './command';
import { addFlagExport } from './flag-export';
import { addFlagHistory } from './flag-history';
import { addFlagImpact } from './flag-impact';
import { addFlagSchedule } from './flag-schedule';
import { addFlagStale } from './flag-stale';
import { addFlagImport } from './flag-import';

/** `headgate flag …` */
export function addFlagCommands(program: Command, context: CommandContext): void {
  const flag = program.command('flag').description('read, edit and switch flags');

  does<{ file: string; reason?: string }>(
    flag
      .command('apply')
      .description('create or edit the flags and segments of a file')
      .requiredOption(
        '-f, --file <file>',
        'YAML or JSON: a flag, a list, or { segments: [], flags: [] }; - reads input',
      )
      .option('--reason <text>', 'why, for the decision record'),
    context,
    async (session, { file, reason }) => {
      const content = readFlagFile(await readNamedFile(session.io, file), file);
      const environment = await session.environment();
      const applied = await applyFile(session.api, environment, content, reason);
      session.answer(applied, () =>
        applied.map(({ kind, key, result, revision }) => `${kind} ${key}: ${result}, revision ${revision}`),
      );
    },
  );

  addFlagImport(flag, context);
  addFlagExport(flag, context);
  addFlagHistory(flag, context);
  addFlagStale(flag, context);
  addFlagImpact(flag, context);
  addFlagSchedule(flag, context);

  does(
    flag.command('get <key>').description('print a flag as a file that `flag apply` takes'),
    context,
    async (session, _options, key = '') => {
      const environment = await session.environment();
      const answer = await session.api.get<FlagAnswer>(['environments', environment, 'flags', key]);
      const standing = await session.api.get<KillSwitchAnswer>(['environments', environment, 'kill-switch']);
      const { holdouts } = await session.api.get<HoldoutSetAnswer>(['environments', environment, 'holdouts']);
      const covering = holdouts.filter((holdout) => holdout.endedAt === undefined && isCovered(holdout, answer));
      const warning = [...killSwitchWarning(standing, session.style), ...covering.map(coveredBy)];
      session.answer({ ...answer, holdouts: covering.map(({ key }) => key) }, () => [
        ...warning.map((line) => `# ${line}`),
        definitionText(answer),
      ]);
    },
  );

  does<{ archived?: true }>(
    flag
      .command('list')
      .description('list the flags of an environment')
      .option('--archived', 'those that are archived instead'),
    context,
    async (session, { archived = false }) => {
      const environment = await session.environment();
      const query = { archived: String(archived) };
      const flags = await session.api.get<FlagAnswer[]>(['environments', environment, 'flags'], { query });
      const standing = await session.api.get<KillSwitchAnswer>(['environments', environment, 'kill-switch']);
      session.answer(flags, () => [...killSwitchWarning(standing, session.style), ...flagList(flags, session.style)]);
    },
  );

  for (const verb of ['off', 'on'] as const) {
    does<{ reason: string }>(
      flag
        .command(`${verb} <key>`)
        .description(
          verb === 'off'
            ? 'break-glass: serve the off variant at once, over any rollout; needs only the server and the database'
            : 'switch a flag on again',
        )
        .requiredOption('--reason <text>', 'why, for the decision record', nonEmpty),
      context,
      async (session, { reason }, key = '') => {
        const environment = await session.environment();
        const path = ['environments', environment, 'flags', key, verb];
        const { body } = await session.api.call<FlagAnswer>('POST', path, { body: { reason } });
        session.answer(body, () => [`${key} in ${environment} is ${verb}, revision ${body.revision}`]);
      },
    );
  }
}

/** The definition alone, with what Headgate keeps beside it as comments. */
function definitionText(flag: FlagAnswer): string {
  const { at, actor, action, reason } = flag.lastChange;
  const head = [
    `# ${flag.environment}, revision ${flag.revision}: ${action} by ${clean(actor.name)} at ${at}: ${clean(reason)}`,
  ];
  if (flag.rollout !== undefined) {
    const { id, candidate, weight, arms } = flag.rollout;
    const shares = arms?.map((arm) => `${arm.variant} to ${percent(arm.weight)}`).join(', ');
    head.push(
      shares === undefined
        ? `# rollout ${id} serves ${candidate} to ${percent(weight)}`
        : `# experiment ${id} serves ${shares}`,
    );
  }
  const fields = Object.keys(FlagDefinition.shape).flatMap((field) => {
    const value: unknown = Reflect.get(flag, field);
    return value === undefined || (Array.isArray(value) && value.length === 0) ? [] : [[field, value]];
  });
  return `${head.join('\n')}\n${stringify(Object.fromEntries(fields), { lineWidth: 100 }).trimEnd()}`;
}
