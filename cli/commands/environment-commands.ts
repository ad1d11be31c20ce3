import type { Command } from 'commander';
import type { KillSwitchAnswer } from '../api/answers';
import { killSwitchLines } from '../render/kill-switch-lines';
import { does, nonEmpty, type CommandContext } from './command';

/** `headgate environment …` */
export function addEnvironmentCommands(program: Command, context: CommandContext): void {
  const environment = program.command('environment').description('switch a whole environment off and on again');

  for (const verb of ['kill', 'release'] as const) {
    does<{ reason: string }>(
      environment
        .command(`${verb} <environment>`)
        .description(
          verb === 'kill'
            ? 'break-glass: every flag answers as when it is off, over any rollout; needs only the server and the database'
            : 'take the kill switch back: every flag answers as it stands again',
        )
        .requiredOption('--reason <text>', 'why, for the record', nonEmpty),
      context,
      async (session, { reason }, name = '') => {
        const { body } = await session.api.call<KillSwitchAnswer>('POST', ['environments', name, verb], {
          body: { reason },
        });
        session.answer(body, () => killSwitchLines(body, session.style));
      },
    );
  }

  does(
    environment.command('status <environment>').description('show whether its kill switch is on, since when and why'),
    context,
    async (session, _options, name = '') => {
      const answer = await session.api.get<KillSwitchAnswer>(['environments', name, 'kill-switch']);
      session.answer(answer, () => killSwitchLines(answer, session.style));
    },
  );
}
