import { Option, type Command } from 'commander';
import type { TokenAnswer } from '../api/answers';
import { tokenList } from '../render/lists';
import { does, type CommandContext } from './command';

/** `headgate token …` */
export function addTokenCommands(program: Command, context: CommandContext): void {
  const token = program.command('token').description('make, list and revoke tokens (admin)');

  does<{ role: string }>(
    token
      .command('create <name>')
      .description(
        'make a token; its text is shown once. --env binds it to an environment; sdk and client ones have one',
      )
      .addOption(
        new Option('--role <role>', 'what it may do')
          .choices(['viewer', 'operator', 'admin', 'sdk', 'client'])
          .makeOptionMandatory(),
      ),
    context,
    async (session, { role }, name = '') => {
      // Other roles may be good for all environments, so for them the only one is not taken unasked.
      const isBound = role === 'sdk' || role === 'client';
      const environment = isBound ? await session.environment() : session.options.env;
      const { body } = await session.api.call<TokenAnswer & { token: string }>('POST', ['tokens'], {
        body: { name, role, environment },
      });
      session.answer(body, () => [
        `token ${body.id} for ${name}: ${role} in ${body.environment ?? 'all environments'}. Its text, shown only now:`,
        body.token,
      ]);
    },
  );

  does(token.command('list').description('list all tokens without their text'), context, async (session) => {
    const tokens = await session.api.get<TokenAnswer[]>(['tokens']);
    session.answer(tokens, () => tokenList(tokens, session.style));
  });

  does(
    token.command('revoke <id>').description('revoke a token; every server refuses it within five seconds'),
    context,
    async (session, _options, id = '') => {
      await session.api.call('DELETE', ['tokens', id]);
      session.answer({ id, revoked: true }, () => [`token ${id} is revoked`]);
    },
  );
}
