import { Option, type Command } from 'commander';
import { ErrorCode, HeadgateError } from '../../core/errors';
import { MOST_TEAM_ROWS } from '../../ml/models/team-forest';
import { balancedWeights } from '../../ml/prediction/balanced-weights';
import { measure } from '../../ml/prediction/evaluate-predictor';
import { permutationImportance } from '../../ml/prediction/importance';
import type { PredictorKind } from '../../ml/prediction/predictor-json';
import { FOUND_LATE, trainPredictor } from '../../ml/prediction/train-predictor';
import { sliceTable } from '../../ml/tables/table';
import { refuseUnusable } from '../offline/line-sink';
import { chooseColumns, effortOf, tableOf } from '../offline/predictor-table';
import { readLabelledRows } from '../offline/read-labelled-rows';
import { writePredictor } from '../offline/predictor-file';
import { trainingDocument, trainingLines } from '../render/model-lines';
import { does, numberBetween, type CommandContext } from './command';

interface TrainOptions {
  readonly data: string;
  readonly label: string;
  readonly time?: string;
  readonly holdout: number;
  readonly out: string;
  readonly model: Exclude<PredictorKind, 'prior'>;
  readonly seed: number;
  readonly features?: string;
  readonly balance?: boolean;
  readonly calibration: 'platt' | 'isotonic';
  readonly decline: number;
}

/** `headgate model train`: a predictor from a CSV file, without any server. */
export function addModelTrain(model: Command, context: CommandContext): void {
  does<TrainOptions>(
    model
      .command('train')
      .description('train a model on a CSV file of changes and their ends; needs no server')
      .requiredOption('--data <file>', 'CSV, plain or gzip, one row for each change; - reads standard input')
      .requiredOption('--label <column>', 'column that says how it ended: 1 or true for a failure')
      .option('--time <column>', 'column of the time of each row; the order of the file otherwise')
      .option(
        '--holdout <share>',
        'share of rows, the latest, kept out of training to measure by',
        numberBetween('--holdout', 0, 0.9),
        0.2,
      )
      .requiredOption('--out <file>', 'where to write the model, as JSON')
      .addOption(
        new Option('--model <kind>', 'what learns; team is the package ml-random-forest, for at most 2,000 rows')
          .choices(['auto', 'forest', 'boosting', 'logistic', 'network', 'team'])
          .default('auto'),
      )
      .option('--seed <number>', 'the same seed and rows give the same model', seedOf, 1)
      .option('--features <columns>', 'columns to learn from, parted by commas, in place of those that are chosen')
      .option('--balance', 'count failures and successes alike, for rare failures')
      .addOption(
        new Option('--calibration <method>', 'what makes probabilities')
          .choices(['platt', 'isotonic'])
          .default('platt'),
      )
      .option(
        '--decline <logOdds>',
        'how much less later rows are expected to fail than the latest known ones, as their failures are found late; 0 where ends are known at once',
        numberBetween('--decline', -2, 2),
        FOUND_LATE,
      ),
    context,
    async (session, options) => {
      await refuseUnusable(options.out, [options.data]);
      const data = await readLabelledRows(session.io, options.data, options.label, options.time);
      const rows = data.labels.length;
      const cut = Math.floor(rows * (1 - options.holdout));
      if (options.model === 'team' && cut > MOST_TEAM_ROWS) {
        throw new HeadgateError(
          ErrorCode.InvalidArgument,
          `--model team takes ${MOST_TEAM_ROWS} rows, and these are ${cut}`,
          {
            remedy: 'Take --model forest, which is linear in rows.',
          },
        );
      }
      const choice = chooseColumns(data, cut, options.features);
      const table = tableOf(data, choice.used);
      const started = performance.now();
      const predictor = trainPredictor({
        table: sliceTable(table, 0, cut),
        labels: data.labels.subarray(0, cut),
        times: data.areInstants && data.times !== null ? data.times.subarray(0, cut) : null,
        kind: options.model,
        seed: options.seed,
        ...(options.balance === true ? { weights: balancedWeights(data.labels.subarray(0, cut)) } : {}),
        calibration: options.calibration,
        decline: options.decline,
      });
      const seconds = (performance.now() - started) / 1000;
      const later = sliceTable(table, cut, rows);
      const labels = data.labels.subarray(cut);
      const effort = effortOf(data)?.subarray(cut) ?? null;
      const told = {
        path: options.out,
        data,
        choice,
        predictor,
        seconds,
        bytes: await writePredictor(session.io, options.out, predictor),
        holdout: later.rows === 0 ? null : measure(predictor.predictAll(later), labels, effort, options.seed),
        importance: later.rows === 0 ? [] : permutationImportance(predictor, later, labels, options.seed),
      };
      session.answer(trainingDocument(told), () => trainingLines(told, session.style));
    },
  );
}

function seedOf(text: string): number {
  const seed = numberBetween('--seed', -(2 ** 31), 2 ** 32 - 1)(text);
  if (Number.isInteger(seed)) return seed;
  throw new HeadgateError(ErrorCode.InvalidArgument, `--seed is '${text}', not a whole number`);
}
