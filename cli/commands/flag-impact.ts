import type { Command } from 'commander';
import type { Impact } from '../../flags/lifecycle/impact';
import { impactLines } from '../render/impact-lines';
import { does, type CommandContext } from './command';

/** `headgate flag impact` */
export function addFlagImpact(flag: Command, context: CommandContext): void {
  does(
    flag
      .command('impact <key>')
      .description(
        'list what a change of a flag touches: flags that depend on it, that share its modules and services, segments, live rollouts',
      ),
    context,
    async (session, _options, key = '') => {
      const environment = await session.environment();
      const impact = await session.api.get<Impact>(['environments', environment, 'flags', key, 'impact']);
      session.answer(impact, () => impactLines(impact, session.style));
    },
  );
}
