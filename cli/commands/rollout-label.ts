import { Option, type Command } from 'commander';
import type { LabelAnswer, StatusAnswer } from '../api/answers';
import { clean } from '../render/text';
import { does, type CommandContext } from './command';

const FAILED = { failed: true, succeeded: false, unknown: null } as const;

interface LabelOptions {
  readonly as?: keyof typeof FAILED;
  readonly reason?: string;
}

/** `headgate rollout label`: whether an ended rollout failed by its own fault, which models learn from. */
export function addRolloutLabel(rollout: Command, context: CommandContext): void {
  does<LabelOptions>(
    rollout
      .command('label <rollout>')
      .description('show, or with --as correct, whether an ended rollout counts as a failure of its change')
      .addOption(new Option('--as <what>', 'what it was').choices(Object.keys(FAILED)))
      .option('--reason <text>', 'why, for the record'),
    context,
    async (session, { as, reason = 'corrected by hand' }, target = '') => {
      const rollouts = ['environments', await session.environment(), 'rollouts'];
      // A flag key means its latest rollout, as everywhere.
      const { rolloutId } = await session.api.get<StatusAnswer>([...rollouts, target]);
      const path = [...rollouts, rolloutId, 'label'];
      const label =
        as === undefined
          ? await session.api.get<LabelAnswer>(path)
          : (await session.api.call<LabelAnswer>('PUT', path, { body: { failed: FAILED[as], reason } })).body;
      session.answer(label, () => [lineOf(label)]);
    },
  );
}

function lineOf({ rolloutId, outcome, failed, by, reason }: LabelAnswer): string {
  const what = failed === null ? 'tells nothing of its change' : failed ? 'counts as a failure' : 'counts as a success';
  return `${rolloutId} (${outcome}) ${what}: ${clean(reason)} (${clean(by)})`;
}
