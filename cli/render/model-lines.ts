import type { Interval } from '../../ml/evaluation/bootstrap';
import type { Figures } from '../../ml/prediction/evaluate-predictor';
import type { Importance } from '../../ml/prediction/importance';
import type { Predictor } from '../../ml/prediction/predictor';
import type { FeatureChoice } from '../../ml/tables/choose-features';
import { lackingColumns } from '../offline/predictor-table';
import type { LabelledRows } from '../offline/read-labelled-rows';
import { counted, measured } from './numbers';
import type { Style } from './style';
import { tableLines } from './table';

/** What training a model has come to. */
export interface ToldTraining {
  readonly path: string;
  readonly data: LabelledRows;
  readonly choice: FeatureChoice;
  readonly predictor: Predictor;
  /** Time that training took. */
  readonly seconds: number;
  readonly bytes: number;
  /** Figures on the rows kept out; null when none were. */
  readonly holdout: Figures | null;
  readonly importance: readonly Importance[];
}

/** What measuring a model has come to. */
export interface ToldEvaluation {
  readonly path: string;
  readonly data: LabelledRows;
  readonly predictor: Predictor;
  readonly figures: Figures;
  /** Instants of the rows measured on. */
  readonly times: Float64Array | null;
  /** Time that scoring took. */
  readonly seconds: number;
}

/** A trained model as one JSON document. */
export function trainingDocument(told: ToldTraining): object {
  const { predictor, holdout, choice } = told;
  const { kind, seed, calibration, prior, trust, trainedOn } = predictor.json;
  return {
    out: told.path,
    bytes: told.bytes,
    model: kind,
    seed,
    seconds: rounded(told.seconds),
    trainedOn: { ...trainedOn, from: instant(trainedOn.from), to: instant(trainedOn.to) },
    calibration: { method: calibration.method, fittedOn: calibration.fittedOn, rows: calibration.rows },
    baseRate: rounded(prior),
    trust: rounded(trust),
    features: choice.used,
    leftOut: choice.leftOut,
    holdout: holdout === null ? null : figuresDocument(holdout),
    importance: told.importance.map(({ feature, aucLoss }) => ({ feature, aucLoss: rounded(aucLoss) })),
    remarks: remarksOfTraining(told),
  };
}

/** A trained model for people. */
export function trainingLines(told: ToldTraining, style: Style): string[] {
  const { predictor, holdout, choice } = told;
  const { kind, trainedOn, calibration } = predictor.json;
  const used = choice.used.length === 0 ? 'no column' : choice.used.join(', ');
  const fitted = { latest: 'the latest rows', out_of_fold: 'rows out of fold', nothing: 'nothing' }[
    calibration.fittedOn
  ];
  return [
    `${style.bold(told.path)}: ${kind}, trained on ${counted(trainedOn.rows, 'row')} with ${counted(trainedOn.failures, 'failure')} in ${measured(told.seconds)} s, ${Math.ceil(told.bytes / 1024)} kB`,
    `learns from ${used}`,
    ...choice.leftOut.map(
      ({ column, why }) => `leaves out ${column === '' ? 'a column without a name' : column}: ${why}`,
    ),
    `calibrated on ${fitted}${calibration.rows > 0 ? ` (${calibration.rows})` : ''}`,
    ...remarksOfTraining(told),
    ...(holdout === null
      ? []
      : ['', `the latest ${holdout.rows} rows, which trained nothing:`, ...figureLines(holdout, style)]),
    ...importanceLines(told.importance, style),
  ];
}

/** A measurement as one JSON document. */
export function evaluationDocument(told: ToldEvaluation): object {
  return {
    model: told.path,
    ...figuresDocument(told.figures),
    seconds: rounded(told.seconds),
    remarks: remarksOfEvaluation(told),
  };
}

/** A measurement for people. */
export function evaluationLines(told: ToldEvaluation, style: Style): string[] {
  const { rows, failures } = told.figures;
  return [
    `${style.bold(told.path)} on ${counted(rows, 'row')} with ${counted(failures, 'failure')}, scored in ${measured(told.seconds)} s`,
    ...remarksOfEvaluation(told),
    '',
    ...figureLines(told.figures, style),
    '',
    ...tableLines(
      [
        { heading: 'predicted', right: true },
        { heading: 'observed', right: true },
        { heading: 'rows', right: true },
      ],
      told.figures.reliability.map((bin) => [measured(bin.predicted), measured(bin.observed), String(bin.rows)]),
      style,
    ),
  ];
}

function figuresDocument(figures: Figures): object {
  const { auc, prAuc, brier, ece, recallAt20 } = figures;
  const named = { auc, prAuc, brier, ece, ...(recallAt20 === null ? {} : { recallAt20 }) };
  return {
    rows: figures.rows,
    failures: figures.failures,
    ...Object.fromEntries(Object.entries(named).map(([name, { value }]) => [name, rounded(value)])),
    intervals: Object.fromEntries(
      Object.entries(named).map(([name, { low, high }]) => [name, { low: rounded(low), high: rounded(high) }]),
    ),
    reliability: figures.reliability.map((bin) => ({
      from: bin.from,
      to: bin.to,
      rows: bin.rows,
      predicted: rounded(bin.predicted),
      observed: rounded(bin.observed),
    })),
  };
}

function figureLines({ auc, prAuc, brier, ece, recallAt20 }: Figures, style: Style): string[] {
  const line = (name: string, figure: Interval): string[] => [
    name,
    measured(figure.value),
    Number.isNaN(figure.value) ? '' : `${measured(figure.low)} to ${measured(figure.high)}`,
  ];
  return tableLines(
    [{ heading: 'figure' }, { heading: 'value', right: true }, { heading: '95 % interval' }],
    [
      line('AUC', auc),
      line('PR-AUC', prAuc),
      line('Brier score', brier),
      line('calibration error', ece),
      ...(recallAt20 === null ? [] : [line('failures found in 20 % of lines', recallAt20)]),
    ],
    style,
  );
}

function importanceLines(importance: readonly Importance[], style: Style): string[] {
  const main = importance.filter(({ aucLoss }) => aucLoss > 0).slice(0, 8);
  if (main.length === 0) return [];
  const rows = main.map(({ feature, aucLoss }) => [feature, measured(aucLoss)]);
  return ['', ...tableLines([{ heading: 'leans most on' }, { heading: 'AUC lost without', right: true }], rows, style)];
}

function remarksOfTraining({ data, predictor, holdout }: ToldTraining): string[] {
  const { kind, trust, trainedOn } = predictor.json;
  const classes = `${counted(trainedOn.failures, 'failure')} among ${counted(trainedOn.rows, 'row')}`;
  return [
    ...data.remarks,
    ...(kind === 'prior' ? [`${classes} are too few to learn from: it answers the base rate`] : []),
    ...(kind !== 'prior' && trust < 1 ? [`${classes} are few: probabilities are widened towards the base rate`] : []),
    ...oneClass(holdout),
  ];
}

function remarksOfEvaluation({ data, predictor, figures, times }: ToldEvaluation): string[] {
  const { features } = predictor;
  const lacking = lackingColumns(data, features);
  const until = predictor.json.trainedOn.to;
  const seen = until === null || times === null ? 0 : times.filter((time) => time <= until).length;
  return [
    ...data.remarks,
    ...(lacking.length > 0
      ? [`'${data.path}' lacks ${lacking.join(', ')}: taken as missing, and widened towards the base rate`]
      : []),
    ...(seen > 0 ? [`${seen} of the rows are no later than the model's training: figures flatter it`] : []),
    ...oneClass(figures),
  ];
}

function oneClass(figures: Figures | null): string[] {
  if (figures === null || (figures.failures > 0 && figures.failures < figures.rows)) return [];
  return [
    `all ${figures.rows} rows measured on ${figures.failures === 0 ? 'went well' : 'failed'}: there is no AUC of one class`,
  ];
}

/** Six significant digits; null where a figure has no meaning. */
function rounded(value: number): number | null {
  return Number.isFinite(value) ? Number(value.toPrecision(6)) : null;
}

function instant(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
