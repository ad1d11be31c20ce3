import type { Command } from 'commander';
import { addAnomaliesCommand } from './anomalies-command';
import { addAssessCommand } from './assess-command';
import { addBacktestCommand } from './backtest-command';
import { addGrangerCommand } from './granger-command';
import type { CommandContext } from './command';
import { addModelCommands } from './model-commands';

/** Commands that work on files alone: no server is asked, and none needs to be there. Each reads its data by `cli/offline`. */
export function addOfflineCommands(program: Command, context: CommandContext): void {
  addAnomaliesCommand(program, context);
  addAssessCommand(program, context);
  addBacktestCommand(program, context);
  addGrangerCommand(program, context);
  addModelCommands(program, context);
}
