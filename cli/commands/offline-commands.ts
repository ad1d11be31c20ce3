import type { Command } from 'commander';
import { addBacktestCommand } from './backtest-command';
import { addGrangerCommand } from './granger-command';
import type { CommandContext } from './command';

/** Commands that work on files alone: no server is asked, and none needs to be there. Each reads its data by `cli/offline`. */
export function addOfflineCommands(program: Command, context: CommandContext): void {
  addBacktestCommand(program, context);
  addGrangerCommand(program, context);
}
