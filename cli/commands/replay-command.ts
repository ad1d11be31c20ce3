import { Option, type Command } from 'commander';
import type { ObservationsAnswer, StatusAnswer } from '../api/answers';
import { isEnd } from '../exit-codes';
import { readPlanOption } from '../offline/plan-option';
import { replayOne, replayRates, type ReplayedRollout } from '../offline/replay-report';
import { replayLines } from '../render/replay-lines';
import type { Session } from '../session';
import { does, numberBetween, type CommandContext } from './command';

interface ReplayOptions {
  readonly plan?: string;
  readonly profile?: 'fast' | 'safe' | 'auto';
  readonly flag?: string;
  readonly limit: number;
}

/** `headgate replay`. */
export function addReplayCommand(program: Command, context: CommandContext): void {
  does<ReplayOptions>(
    program
      .command('replay [rollout]')
      .description('judge finished rollouts again from their stored observations; all of them when none is named')
      .option('--plan <file>', "judge by this plan's metrics, promises and steps instead of each rollout's own")
      .addOption(new Option('--profile <profile>', 'judge by this profile').choices(['fast', 'safe', 'auto']))
      .option('--flag <key>', 'only rollouts of a flag')
      .option('--limit <number>', 'at most so many, latest first', numberBetween('--limit', 1, 500), 100),
    context,
    async (session, options, target) => {
      const environment = await session.environment();
      const wanted = await readPlanOption(session, options.plan, environment);
      const ids = target === undefined ? await endedRollouts(session, environment, options) : [target];
      const rollouts: ReplayedRollout[] = [];
      // One after the other: the windows of a long rollout are some megabytes.
      for (const id of ids) {
        const path = ['environments', environment, 'rollouts', id, 'observations'];
        const recorded = await session.api.get<ObservationsAnswer>(path);
        const plan = {
          ...(wanted ?? recorded.plan),
          ...(options.profile === undefined ? {} : { profile: options.profile }),
        };
        rollouts.push(replayOne(recorded, plan));
      }
      const rates = replayRates(rollouts);
      session.answer({ rates, rollouts }, () => replayLines(rollouts, rates, session.style));
    },
  );
}

async function endedRollouts(session: Session, environment: string, { flag, limit }: ReplayOptions): Promise<string[]> {
  const path = ['environments', environment, 'rollouts'];
  const rollouts = await session.api.get<StatusAnswer[]>(path, { query: { flag, limit } });
  return rollouts.filter(({ phase }) => isEnd(phase)).map(({ rolloutId }) => rolloutId);
}
