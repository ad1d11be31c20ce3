import { Option, type Command } from 'commander';
import type { StatusAnswer, TimelineLine } from '../api/answers';
import { followRollout } from '../follow/follow-rollout';
import { rolloutList } from '../render/lists';
import { statusLines } from '../render/status-lines';
import { timelineLines } from '../render/timeline-lines';
import type { Session } from '../session';
import { does, numberBetween, type CommandContext } from './command';

interface ListOptions {
  readonly state?: string;
  readonly flag?: string;
  readonly limit?: number;
}

const STATES = [
  'live',
  'assessing',
  'progressing',
  'paused',
  'narrowed',
  'completed',
  'rolled_back',
  'aborted',
  'superseded',
  'refused',
];

/** `headgate rollout list`, `status`, `watch` and `timeline`. */
export function addRolloutReads(rollout: Command, context: CommandContext): void {
  does<ListOptions>(
    rollout
      .command('list')
      .description('list rollouts, latest first')
      .addOption(new Option('--state <state>', 'only those; live: all that have not ended').choices(STATES))
      .option('--flag <key>', 'only those of a flag')
      .option('--limit <number>', 'at most so many', numberBetween('--limit', 1, 500)),
    context,
    async (session, { state, flag, limit }) => {
      const path = ['environments', await session.environment(), 'rollouts'];
      const rollouts = await session.api.get<StatusAnswer[]>(path, { query: { state, flag, limit } });
      session.answer(rollouts, () => rolloutList(rollouts, session.style));
    },
  );

  does(
    rollout
      .command('status <rollout>')
      .description('show where a rollout stands; a flag key means its live or latest one'),
    context,
    async (session, _options, target = '') => {
      const { status } = await read(session, target);
      session.answer(status, () => statusLines(status, session.width, session.style));
    },
  );

  does(
    rollout.command('watch <rollout>').description('follow a rollout to its end; the exit code tells how it ended'),
    context,
    async (session, _options, target = '') => {
      // A flag key may mean another rollout later: the one it means now is followed.
      const { status, environment } = await read(session, target);
      return followRollout(session, environment, status.rolloutId);
    },
  );

  does(
    rollout.command('timeline <rollout>').description("show a rollout's transitions with who, why and the evidence"),
    context,
    async (session, _options, target = '') => {
      const path = ['environments', await session.environment(), 'rollouts', target, 'timeline'];
      const entries = await session.api.get<TimelineLine[]>(path);
      // In a file lines are whole.
      const width = session.io.stdout.isTTY ? session.width : Number.POSITIVE_INFINITY;
      session.answer(entries, () => timelineLines(entries, width, session.style));
    },
  );
}

async function read(session: Session, target: string): Promise<{ status: StatusAnswer; environment: string }> {
  const environment = await session.environment();
  const status = await session.api.get<StatusAnswer>(['environments', environment, 'rollouts', target]);
  return { status, environment };
}
