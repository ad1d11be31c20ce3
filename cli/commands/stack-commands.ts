import type { Command } from 'commander';
import { defaultDataDir } from '../../stack';
import { resetInstallation, startInstallation, stopInstallation } from '../local/installation';
import { does, type CommandContext } from './command';

/** `headgate up`, `down` and `reset`: an installation of this machine's own, in HEADGATE_DATA_DIR or `.headgate`. */
export function addStackCommands(program: Command, context: CommandContext): void {
  does(
    program
      .command('up')
      .description(
        'start Temporal, the database, server and worker on this machine; what runs already is left as it is',
      ),
    context,
    async (session) => {
      const { env } = session.io;
      const { newToken, ...up } = await startInstallation(defaultDataDir(env), env, (line) => session.note(line));
      session.answer({ ...up, token: newToken }, () => [
        `API              ${up.url}`,
        `API docs         ${up.docsUrl}`,
        `Temporal Web UI  ${up.temporalUiUrl ?? 'where your own Temporal has it'}`,
        `data             ${up.dataDir}`,
        ...tokenLines(newToken, up.hasToken),
      ]);
    },
  );

  does(program.command('down').description('stop what `up` has started; the data stays'), context, async (session) => {
    const stopped = await stopInstallation(defaultDataDir(session.io.env));
    session.answer({ stopped }, () => [
      stopped.length === 0 ? 'nothing was running' : `stopped ${stopped.join(', ')}; the data stays`,
    ]);
  });

  does(
    program.command('reset').description('stop what `up` has started and remove its data, tokens and flags included'),
    context,
    async (session) => {
      const dataDir = defaultDataDir(session.io.env);
      await resetInstallation(dataDir);
      session.answer({ removed: dataDir }, () => [`stopped; the data in ${dataDir} is removed`]);
    },
  );
}

function tokenLines(newToken: string | undefined, hasToken: boolean): string[] {
  if (newToken !== undefined) {
    return ['', 'The first admin token, shown only now; commands in this folder use it by themselves:', newToken];
  }
  if (hasToken) return [];
  return ['', 'This installation has an admin token that is not kept here: give it with --token or HEADGATE_TOKEN.'];
}
