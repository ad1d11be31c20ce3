import type { Command } from 'commander';
import type { CommandContext } from './command';
import { addModelEvaluate } from './model-evaluate-command';
import { addModelExport } from './model-export-command';
import { addModelRegistryCommands } from './model-registry-commands';
import { addModelTrain } from './model-train-command';

/** `headgate model …` */
export function addModelCommands(program: Command, context: CommandContext): void {
  const model = program.command('model').description('train and measure models of how likely a change is to fail');
  addModelTrain(model, context);
  addModelEvaluate(model, context);
  addModelRegistryCommands(model, context);
  addModelExport(model, context);
}
