import { Command } from 'commander';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { addAuditCommands } from './commands/audit-commands';
import { addGlobalOptions, type CommandContext } from './commands/command';
import { addEnvironmentCommands } from './commands/environment-commands';
import { addExplainCommand } from './commands/explain-command';
import { addFlagCommands } from './commands/flag-commands';
import { addExperimentCommands } from './commands/experiment-commands';
import { addGroupCommands } from './commands/group-commands';
import { addHoldoutCommands } from './commands/holdout-commands';
import { addOfflineCommands } from './commands/offline-commands';
import { addReplayCommand } from './commands/replay-command';
import { addRolloutLabel } from './commands/rollout-label';
import { addRolloutMessages } from './commands/rollout-messages';
import { addRolloutReads } from './commands/rollout-reads';
import { addRolloutStart } from './commands/rollout-start';
import { addStackCommands } from './commands/stack-commands';
import { addTokenCommands } from './commands/token-commands';

/** All commands of `headgate`. Nothing is written but through the context, and nothing ends the process. */
export function buildProgram(context: CommandContext, isJson: boolean): Command {
  const { stdout, stderr } = context.io;
  const program = new Command('headgate')
    .description('Opens a feature to more users only as fast as the evidence allows.')
    .version(version())
    // Both are inherited by commands added from here on.
    .exitOverride()
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      getOutHelpWidth: () => stdout.size()?.columns ?? 120,
      outputError: (text, write) => void (isJson || write(text)),
    })
    .configureHelp({
      showGlobalOptions: true,
      visibleCommands: (command) => leavesOf(command),
      subcommandTerm: (command) => `${pathOf(command).join(' ')} ${argumentsOf(command)}`.trimEnd(),
    });
  if (!isJson) program.showHelpAfterError('Add --help to see what it takes.');
  addGlobalOptions(program);
  addStackCommands(program, context);
  addFlagCommands(program, context);
  addEnvironmentCommands(program, context);
  addHoldoutCommands(program, context);
  const rollout = program.command('rollout').description('start, follow and steer rollouts');
  addRolloutStart(rollout, context);
  addRolloutReads(rollout, context);
  addRolloutMessages(rollout, context);
  addRolloutLabel(rollout, context);
  addExperimentCommands(program, context);
  addGroupCommands(program, context);
  addExplainCommand(program, context);
  addReplayCommand(program, context);
  addTokenCommands(program, context);
  addAuditCommands(program, context);
  addOfflineCommands(program, context);
  return program.addHelpText('after', '\nExit codes and every option: docs/cli.md');
}

/** The commands that do something, so that help shows all of them at one glance. */
function leavesOf(command: Command): Command[] {
  return command.commands.flatMap((each) => (each.commands.length === 0 ? [each] : leavesOf(each)));
}

function pathOf(command: Command): string[] {
  return command.parent === null ? [] : [...pathOf(command.parent), command.name()];
}

function argumentsOf(command: Command): string {
  return command.registeredArguments
    .map((argument) => (argument.required ? `<${argument.name()}>` : `[${argument.name()}]`))
    .join(' ');
}

/** A compiled file lies one folder deeper than its source. */
function version(): string {
  for (const up of [['..'], ['..', '..']]) {
    try {
      const text = readFileSync(join(__dirname, ...up, 'package.json'), 'utf8');
      return (JSON.parse(text) as { version: string }).version;
    } catch {
      continue;
    }
  }
  return 'unknown';
}
