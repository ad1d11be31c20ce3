import type { Command } from 'commander';
import { dirname, isAbsolute, join } from 'node:path';
import { ErrorCode, HeadgateError } from '../../core/errors';
import { parseGroup, planPathsOf } from '../../flags/group/parse-group';
import type { GroupStatus } from '../../workflows/group/status';
import { type ExitCode, exitCodeOfOutcome } from '../exit-codes';
import { followStatus } from '../follow/follow-status';
import { readNamedFile } from '../read-file';
import { groupLines, groupList } from '../render/group-lines';
import { clean } from '../render/text';
import type { Session } from '../session';
import { writtenEnvironment } from '../written-environment';
import { does, type CommandContext } from './command';
import { addMessageCommands } from './message-commands';
import { answerStart } from './answer-start';

interface StartOptions {
  readonly wait?: boolean;
  readonly dryRun?: boolean;
  readonly again?: boolean;
}
interface GroupStart {
  readonly outcome: 'started' | 'attached' | 'finished' | 'dry_run';
  readonly groupId: string | null;
  readonly levels: readonly (readonly string[])[];
  readonly notes: readonly string[];
  readonly status?: GroupStatus;
}
const START_TIMEOUT_MS = 70_000;

/** `headgate group start`, `list`, `status`, `approve` and `abort`. */
export function addGroupCommands(program: Command, context: CommandContext): void {
  const group = program.command('group').description('roll dependent flags out as one unit');
  does<StartOptions>(
    group
      .command('start <file>')
      .description(
        'start the rollouts of a group file (YAML or JSON; - reads input) in the order of their prerequisites',
      )
      .option('--wait', 'follow it to its end; the exit code tells how it ended')
      .option('--dry-run', 'start nothing: check every plan and print the order')
      .option('--again', 'start anew although the same group has ended'),
    context,
    start,
  );
  does(group.command('list').description('list groups, latest first'), context, async (session) => {
    const environment = await session.environment();
    const list = await session.api.get<GroupStatus[]>(['environments', environment, 'groups']);
    session.answer(list, () => groupList(list));
  });
  does(
    group.command('status <group>').description('show where a group stands'),
    context,
    async (session, _, id = '') => {
      const status = await statusOf(session, await session.environment(), id);
      session.answer(status, () => groupLines(status));
    },
  );
  addMessageCommands(group, context, 'group', [
    ['approve', 'give the one approval that a group waits for'],
    ['abort', 'end a group: live members are aborted, completed ones taken back'],
  ]);
}

async function start(session: Session, options: StartOptions, path = ''): Promise<ExitCode | void> {
  const { wait = false, dryRun = false, again = false } = options;
  if (wait && dryRun) throw new HeadgateError(ErrorCode.InvalidArgument, '--wait and --dry-run exclude each other');
  const text = await readNamedFile(session.io, path);
  const format = path.endsWith('.json') ? ('json' as const) : ('yaml' as const);
  const plans = new Map<string, string>();
  for (const one of planPathsOf(text, format)) {
    // As in most tools, paths in a file are relative to that file.
    plans.set(one, await readNamedFile(session.io, isAbsolute(one) || path === '-' ? one : join(dirname(path), one)));
  }
  const environment = await writtenEnvironment(session, text, 'the group');
  const { file } = parseGroup(text, { environment, format }, plans);
  const timeoutMs = Math.min(START_TIMEOUT_MS, session.options.timeout ?? START_TIMEOUT_MS);
  const call = { body: { group: file, again, dryRun }, timeoutMs };
  const answer = (await session.api.call<GroupStart>('POST', ['environments', environment, 'groups'], call)).body;
  return answerStart(session, answer, wait, {
    id: answer.groupId,
    startLines,
    statusLines: (status) => groupLines(status),
    exitOf,
    follow: (id) => follow(session, environment, id),
  });
}

function startLines({ outcome, groupId, levels, notes }: GroupStart): string[] {
  const head = {
    started: 'started group',
    attached: 'attached to the live group',
    finished: 'ended:',
    dry_run: 'would start',
  };
  return [
    `${head[outcome]} ${groupId ?? ''}`.trimEnd(),
    ...levels.map((flags, index) => `  ${index + 1}. ${flags.join(', ')}`),
    ...notes.map((note) => `note: ${clean(note)}`),
  ];
}

function statusOf(session: Session, environment: string, id: string, timeoutMs?: number): Promise<GroupStatus> {
  const path = ['environments', environment, 'groups', id];
  return session.api.get<GroupStatus>(path, timeoutMs === undefined ? {} : { timeoutMs });
}

/** Follows a group to its end. */
function follow(session: Session, environment: string, groupId: string): Promise<ExitCode> {
  return followStatus(session, {
    id: groupId,
    read: (timeoutMs) => statusOf(session, environment, groupId, timeoutMs),
    notFound: ErrorCode.GroupNotFound,
    keyOf: ({ phase, summary, members }) => [phase, summary, members],
    line: (status) => groupLines(status).slice(0, 1).join(''),
    exitOf,
  });
}

function exitOf({ outcome }: GroupStatus): ExitCode | null {
  return outcome === null ? null : exitCodeOfOutcome(outcome);
}
