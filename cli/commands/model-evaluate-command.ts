import type { Command } from 'commander';
import { measure } from '../../ml/prediction/evaluate-predictor';
import { sliceTable } from '../../ml/tables/table';
import { readPredictor } from '../offline/predictor-file';
import { effortOf, tableOf } from '../offline/predictor-table';
import { readLabelledRows } from '../offline/read-labelled-rows';
import { evaluationDocument, evaluationLines } from '../render/model-lines';
import { does, numberBetween, type CommandContext } from './command';

interface EvaluateOptions {
  readonly model: string;
  readonly data: string;
  readonly label: string;
  readonly time?: string;
  readonly last: number;
}

/** `headgate model evaluate`: figures of a predictor on rows of a CSV file, without any server. */
export function addModelEvaluate(model: Command, context: CommandContext): void {
  does<EvaluateOptions>(
    model
      .command('evaluate')
      .description('measure a model on the latest rows of a CSV file; needs no server')
      .requiredOption('--model <file>', 'a model that model train has written')
      .requiredOption('--data <file>', 'CSV, plain or gzip; - reads standard input')
      .requiredOption('--label <column>', 'column that says how it ended: 1 or true for a failure')
      .option('--time <column>', 'column of the time of each row; the order of the file otherwise')
      .option('--last <share>', 'share of rows, the latest, to measure on', numberBetween('--last', 0.001, 1), 0.2),
    context,
    async (session, options) => {
      const predictor = await readPredictor(session.io, options.model);
      const data = await readLabelledRows(session.io, options.data, options.label, options.time);
      const rows = data.labels.length;
      // Rounded as in training, so that the last fifth is what a holdout of a fifth has left.
      const cut = Math.min(rows - 1, Math.floor(rows * (1 - options.last)));
      const table = sliceTable(tableOf(data, predictor.features), cut, rows);
      const started = performance.now();
      const probabilities = predictor.predictAll(table);
      const seconds = (performance.now() - started) / 1000;
      const effort = effortOf(data)?.subarray(cut) ?? null;
      const told = {
        path: options.model,
        data,
        predictor,
        figures: measure(probabilities, data.labels.subarray(cut), effort, predictor.json.seed),
        times: data.areInstants && data.times !== null ? data.times.subarray(cut) : null,
        seconds,
      };
      session.answer(evaluationDocument(told), () => evaluationLines(told, session.style));
    },
  );
}
