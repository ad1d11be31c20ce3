import { Option, type Command } from 'commander';
import { ErrorCode, HeadgateError } from '../../core/errors';
import { parseExperiment } from '../../flags/experiment/resolve-experiment';
import { parsePlan } from '../../flags/plan/parse-plan';
import type { ScheduledChangeAnswer } from '../api/answers';
import { readFlagFile } from '../flag-file';
import { readNamedFile } from '../read-file';
import { scheduledLine, scheduledList } from '../render/scheduled-list';
import type { Session } from '../session';
import { does, type CommandContext } from './command';

interface ScheduleOptions {
  readonly at: string;
  readonly on?: true;
  readonly off?: true;
  readonly file?: string;
  readonly plan?: string;
  readonly experiment?: string;
  readonly archive?: true;
  readonly again?: boolean;
  readonly expiresAfter?: string;
  readonly reason: string;
}

/** `headgate flag schedule|scheduled|unschedule` */
export function addFlagSchedule(flag: Command, context: CommandContext): void {
  does<ScheduleOptions>(
    flag
      .command('schedule <key>')
      .description(
        'say what is to happen to a flag at a time: one of --on, --off, --file, --plan, --experiment, --archive',
      )
      .requiredOption('--at <time>', 'ISO 8601 with its zone, such as 2030-01-31T09:00:00+01:00; within 366 days')
      .option('--on', 'switch it on')
      .option('--off', 'switch it off')
      .option('-f, --file <file>', 'write this document (YAML or JSON), if the flag is not edited until then')
      .option('--plan <file>', 'start the rollout of this plan')
      .option('--experiment <file>', 'start the experiment of this file')
      .option('--archive', 'archive it')
      .option('--again', 'for --plan and --experiment: start anew although the same one has finished')
      .addOption(new Option('--expires-after <duration>', 'how late it may still be made, 1m to 30d').default('1d'))
      .requiredOption('--reason <text>', 'why, for the decision record'),
    context,
    async (session, options, key = '') => {
      const environment = await session.environment();
      const { at, reason, expiresAfter } = options;
      const change = await changeOf(session, options, environment, key);
      const path = ['environments', environment, 'flags', key, 'scheduled-changes'];
      const body = { at, reason, expiresAfter, change };
      const { body: answer } = await session.api.call<ScheduledChangeAnswer>('POST', path, { body });
      session.answer(answer, () => [scheduledLine(answer)]);
    },
  );

  does<{ all?: true }>(
    flag
      .command('scheduled [key]')
      .description('list what is to happen to a flag, or to all of them')
      .option('--all', 'what was made, refused or taken back too, latest first'),
    context,
    async (session, { all = false }, key = '') => {
      const environment = await session.environment();
      const query = { ended: String(all), ...(key === '' ? {} : { flag: key }) };
      const path = ['environments', environment, 'scheduled-changes'];
      const changes = await session.api.get<ScheduledChangeAnswer[]>(path, { query });
      session.answer(changes, () => scheduledList(changes, session.style));
    },
  );

  does<{ reason: string }>(
    flag
      .command('unschedule <id>')
      .description('take back a change that waits for its time')
      .requiredOption('--reason <text>', 'why'),
    context,
    async (session, { reason }, id = '') => {
      const environment = await session.environment();
      const path = ['environments', environment, 'scheduled-changes', id];
      const { body } = await session.api.call<ScheduledChangeAnswer>('DELETE', path, { query: { reason } });
      session.answer(body, () => [scheduledLine(body)]);
    },
  );
}

/** The one change that the options name, with its file read and checked. */
async function changeOf(
  session: Session,
  { on, off, file, plan, experiment, archive, again = false }: ScheduleOptions,
  environment: string,
  key: string,
): Promise<object> {
  if ([on, off, file, plan, experiment, archive].filter((option) => option !== undefined).length !== 1) {
    throw new HeadgateError(
      ErrorCode.InvalidArgument,
      'name one of --on, --off, --file, --plan, --experiment and --archive',
    );
  }
  if (again && plan === undefined && experiment === undefined) {
    throw new HeadgateError(ErrorCode.InvalidArgument, '--again belongs to --plan and --experiment');
  }
  if (file !== undefined) return { kind: 'edit', flag: await documentOf(session, file, key) };
  if (plan !== undefined) {
    const parsed = parsePlan(await readNamedFile(session.io, plan), { environment, format: formatOf(plan) });
    return { kind: 'rollout', plan: parsed.file, again };
  }
  if (experiment !== undefined) {
    const text = await readNamedFile(session.io, experiment);
    const parsed = parseExperiment(text, { environment, format: formatOf(experiment) });
    return { kind: 'experiment', experiment: parsed.file, again };
  }
  return archive === true ? { kind: 'archive' } : { kind: 'switch', enabled: on === true };
}

function formatOf(path: string): 'json' | 'yaml' {
  return path.endsWith('.json') ? 'json' : 'yaml';
}

async function documentOf(session: Session, file: string, key: string): Promise<object> {
  const { flags, segments } = readFlagFile(await readNamedFile(session.io, file), file);
  const [document] = flags;
  if (document?.key === key && flags.length === 1 && segments.length === 0) return document;
  throw new HeadgateError(ErrorCode.InvalidArgument, `'${file}' does not hold flag '${key}' alone`, {
    remedy: 'A scheduled change is one document; segments are applied on their own.',
  });
}
