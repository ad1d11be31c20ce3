import { areaUnderRoc } from '../evaluation/auc';
import { calibrationError } from '../evaluation/reliability';
import { averagePrecision, brierScore } from '../evaluation/scores';
import { sliceTable } from '../tables/table';
import type { PredictorKind } from './predictor-json';
import { trainPredictor, type TrainingInput } from './train-predictor';

/** What one kind of predictor came to on one block of later rows. NaN where a figure has no meaning. */
export interface FoldFigures {
  readonly trainingRows: number;
  readonly rows: number;
  readonly auc: number;
  readonly prAuc: number;
  readonly brier: number;
  readonly ece: number;
}

/** Time-ordered validation of one kind. */
export interface Benchmark {
  readonly kind: Exclude<PredictorKind, 'prior'>;
  /** Oldest block first. */
  readonly folds: readonly FoldFigures[];
  /** Mean over the blocks where it has a meaning; NaN when it has none. */
  readonly meanAuc: number;
}

/**
 * Benchmarks kinds of predictor by time: the rows are cut into blocks, and each block but the first is predicted by a
 * predictor of all rows before it, calibration included. Nothing is ever learned from the future. O(folds × training).
 *
 * @param blocks - how many, >= 2; the first only trains
 * @returns best mean AUC first; kinds that cannot be told apart stay in the order given
 */
export function crossValidate(
  input: Omit<TrainingInput, 'kind'>,
  kinds: readonly Exclude<PredictorKind, 'prior'>[],
  blocks = 4,
): Benchmark[] {
  const rows = input.labels.length;
  const borders = Array.from({ length: blocks + 1 }, (_, block) => Math.floor((rows * block) / blocks));
  return kinds
    .map((kind): Benchmark => {
      const folds = borders
        .slice(1, -1)
        .map((from, index) => measureFold(input, kind, from, borders[index + 2] ?? rows));
      const known = folds.map(({ auc }) => auc).filter((auc) => !Number.isNaN(auc));
      return { kind, folds, meanAuc: known.reduce((sum, auc) => sum + auc, 0) / known.length };
    })
    .sort((a, b) => (b.meanAuc || 0) - (a.meanAuc || 0));
}

function measureFold(
  input: Omit<TrainingInput, 'kind'>,
  kind: Exclude<PredictorKind, 'prior'>,
  from: number,
  to: number,
): FoldFigures {
  const { table, labels, times, weights } = input;
  const predictor = trainPredictor({
    ...input,
    kind,
    table: sliceTable(table, 0, from),
    labels: labels.subarray(0, from),
    times: times?.subarray(0, from) ?? null,
    ...(weights === undefined ? {} : { weights: weights.subarray(0, from) }),
  });
  const probabilities = predictor.predictAll(sliceTable(table, from, to));
  const later = labels.subarray(from, to);
  return {
    trainingRows: from,
    rows: to - from,
    auc: areaUnderRoc(probabilities, later),
    prAuc: averagePrecision(probabilities, later),
    brier: brierScore(probabilities, later),
    ece: calibrationError(probabilities, later),
  };
}
