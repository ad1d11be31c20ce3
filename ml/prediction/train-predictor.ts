import { fitIsotonic } from '../calibration/isotonic';
import { fitPlatt } from '../calibration/platt';
import { base64OfFloats } from '../encoding/base64';
import { logOddsOf, probabilityOf } from '../models/logit';
import type { TrainingRows } from '../models/model';
import { chooseRatios, withRatios, type Ratio } from '../tables/ratios';
import type { Table } from '../tables/table';
import { MAX_FEATURES } from '../trees/tree-store';
import { binColumn, fitCuts } from '../trees/bins';
import { binRows } from '../trees/binned-rows';
import { fitMembers } from './fit-members';
import { meanLogOddsAll, type Member } from './members';
import { applyCalibration, Predictor } from './predictor';
import { PredictorKind, type CalibrationJson, type PredictorJson, type Support } from './predictor-json';

/** What a predictor is trained on, and how. */
export interface TrainingInput {
  /** Features, rows in order of time. */
  readonly table: Table;
  /** 0 or 1, same order. */
  readonly labels: Float64Array;
  /** Instants in milliseconds since 1970, same order; null when they are not known. */
  readonly times: Float64Array | null;
  readonly kind: Exclude<PredictorKind, 'prior'>;
  /** Any number; its lower 32 bits count. */
  readonly seed: number;
  /**
   * Weight of each row in training, > 0; 1 for all by default. Calibration counts all rows alike, and so brings the
   * base rate back.
   */
  readonly weights?: Float64Array;
  /** Platt's by default. */
  readonly calibration?: 'platt' | 'isotonic';
  /**
   * Log odds by which rows to come are expected to fail less than the latest known ones; 0 by default. Failures that
   * are found late make the latest rows of any history, and those after them more so, look better than older ones.
   */
  readonly decline?: number;
}

/**
 * The decline to expect of defects of public histories, which are found late: the mean over 36 time-ordered splits
 * within training parts of nine of them, where later rows failed less than calibrated in three of four
 * (docs/prediction.md).
 */
export const FOUND_LATE = 0.12;

/** Rows of the rarer class below which nothing is learned. */
const LEAST_OF_A_CLASS = 10;
/** Rows of the rarer class from which nothing is widened towards the base rate. */
const ENOUGH_OF_A_CLASS = 100;
/** Share of rows, the latest, that calibrates and trains nothing else. */
const CALIBRATION_SHARE = 0.1;
/** Rows of each class that the calibration rows must hold; otherwise all rows train, and calibrate out of fold. */
const LEAST_TO_CALIBRATE = 20;
const FOLDS = 5;

/**
 * Trains a predictor: models on the earlier rows, calibration on the latest. The same rows, kind and seed give the same
 * predictor on every machine. With fewer than ten failures or successes it answers the base rate, and says so.
 */
export function trainPredictor(input: TrainingInput): Predictor {
  const { table, labels, times, seed } = input;
  const rows = labels.length;
  const failures = labels.reduce((sum, label) => sum + label, 0);
  const rarer = Math.min(failures, rows - failures);
  const kind = rarer < LEAST_OF_A_CLASS || table.columns.length === 0 ? PredictorKind.Prior : input.kind;
  const fitted = kind === PredictorKind.Prior ? NOTHING : fit(input, kind);
  const json: PredictorJson = {
    format: 'headgate-predictor',
    version: 1,
    kind,
    seed,
    features: table.names,
    support: table.columns.map(supportOf),
    ratios: fitted.ratios,
    cuts: fitted.cuts.map(base64OfFloats),
    members: fitted.members.map((member) => ({ ...member, model: member.model.toJSON() })),
    offset: fitted.offset,
    calibration: fitted.calibration,
    // One failure and one success in advance keep it off the ends.
    prior: (failures + 1) / (rows + 2),
    trust: kind === PredictorKind.Prior ? 0 : Math.min(1, Math.sqrt(rarer / ENOUGH_OF_A_CLASS)),
    ranks: ranksOf(fitted.calibrated),
    trainedOn: { rows, failures, from: times?.[0] ?? null, to: times?.[rows - 1] ?? null },
  };
  return new Predictor(json);
}

interface Fitted extends Trained {
  readonly calibration: CalibrationJson;
  /** Calibrated probabilities of the rows that calibrated. */
  readonly calibrated: Float64Array;
}

const NOTHING: Fitted = {
  ratios: [],
  cuts: [],
  offset: 0,
  members: [],
  calibration: { method: 'none', fittedOn: 'nothing', rows: 0 },
  calibrated: new Float64Array(0),
};

function fit(input: TrainingInput, kind: Exclude<PredictorKind, 'prior'>): Fitted {
  const { labels } = input;
  const rows = labels.length;
  const latest = Math.floor(rows * (1 - CALIBRATION_SHARE));
  const hasBoth = (from: number, to: number): boolean => {
    const failures = labels.subarray(from, to).reduce((sum, label) => sum + label, 0);
    return Math.min(failures, to - from - failures) >= LEAST_TO_CALIBRATE;
  };
  if (hasBoth(latest, rows) && hasBoth(0, latest)) {
    const trained = fitRows(input, kind, (row) => row < latest);
    return calibrate(input, trained, scoreRows(input, trained, latest, rows), labels.subarray(latest), 'latest');
  }
  return calibrate(
    input,
    fitRows(input, kind, () => true),
    scoreOutOfFold(input, kind),
    labels,
    'out_of_fold',
  );
}

/** Scores each of five blocks of time by models of the other four. */
function scoreOutOfFold(input: TrainingInput, kind: Exclude<PredictorKind, 'prior'>): Float64Array {
  const rows = input.labels.length;
  const scores = new Float64Array(rows);
  for (let fold = 0; fold < FOLDS; fold++) {
    const from = Math.floor((rows * fold) / FOLDS);
    const to = Math.floor((rows * (fold + 1)) / FOLDS);
    scores.set(
      scoreRows(
        input,
        fitRows(input, kind, (row) => row < from || row >= to),
        from,
        to,
      ),
      from,
    );
  }
  return scores;
}

interface Trained {
  readonly ratios: readonly Ratio[];
  readonly cuts: readonly Float64Array[];
  readonly offset: number;
  readonly members: readonly Member[];
}

/** Trains on the rows that a test lets through. */
function fitRows(
  { table, labels, weights: given, seed }: TrainingInput,
  kind: Exclude<PredictorKind, 'prior'>,
  takes: (row: number) => boolean,
): Trained {
  const taken = Uint32Array.from(labels.keys()).filter(takes);
  const pick = (column: Float64Array): Float64Array => Float64Array.from(taken, (row) => column[row] as number);
  const own = pick(labels);
  const weights = given === undefined ? own.map(() => 1) : pick(given);
  // The forest of ml-random-forest draws few features for a whole tree: more of them would thin its trees out.
  const wanted = kind === PredictorKind.Team ? [] : chooseRatios(table.names);
  const ratios = wanted.slice(0, MAX_FEATURES - table.names.length);
  const columns = withRatios(table.columns.map(pick), ratios, taken.length);
  const cuts = columns.map(fitCuts);
  const binned = columns.map((column, feature) => binColumn(column, cuts[feature] as Float64Array));
  const rows: TrainingRows = { names: table.names, columns, binned, labels: own, weights };
  return { ratios, cuts, offset: oddsOf(own) - oddsOf(own, weights), members: fitMembers(kind, rows, seed) };
}

/** Raw log odds of the rows `from` to `to`. */
function scoreRows(
  { table }: TrainingInput,
  { ratios, cuts, members, offset }: Trained,
  from: number,
  to: number,
): Float64Array {
  const own = table.columns.map((column) => column.subarray(from, to));
  const columns = withRatios(own, ratios, to - from);
  return meanLogOddsAll(members, { ...binRows(columns, cuts, to - from), columns }).map((logOdds) => logOdds + offset);
}

/** Log odds of failure among rows, counted by their weights. */
function oddsOf(labels: Float64Array, weights?: Float64Array): number {
  let failures = 0;
  let all = 0;
  for (let row = 0; row < labels.length; row++) {
    const weight = weights?.[row] ?? 1;
    failures += weight * (labels[row] as number);
    all += weight;
  }
  return logOddsOf(failures / all);
}

function calibrate(
  { calibration: method = 'platt', decline = 0 }: TrainingInput,
  trained: Trained,
  logOdds: Float64Array,
  labels: Float64Array,
  fittedOn: 'latest' | 'out_of_fold',
): Fitted {
  const fitted = method === 'platt' ? { platt: fitPlatt(logOdds, labels) } : { isotonic: fitIsotonic(logOdds, labels) };
  const calibration: CalibrationJson = {
    method,
    ...(decline === 0 ? fitted : declined(fitted, decline)),
    fittedOn,
    rows: logOdds.length,
    decline,
  };
  return { ...trained, calibration, calibrated: logOdds.map((each) => applyCalibration(calibration, each)) };
}

/** Takes log odds off every probability that a calibration answers. */
function declined({ platt, isotonic }: Pick<CalibrationJson, 'platt' | 'isotonic'>, decline: number): object {
  if (platt !== undefined) return { platt: { ...platt, intercept: platt.intercept - decline } };
  return isotonic === undefined
    ? {}
    : { isotonic: { at: isotonic.at, value: isotonic.value.map((p) => probabilityOf(logOddsOf(p) - decline)) } };
}

function supportOf(column: Float64Array): Support {
  const known = column.filter((value) => !Number.isNaN(value)).sort();
  return {
    low: known[0] ?? null,
    high: known[known.length - 1] ?? null,
    typical: known[(known.length - 1) >> 1] ?? null,
    mayBeMissing: known.length < column.length,
  };
}

function ranksOf(calibrated: Float64Array): number[] {
  if (calibrated.length === 0) return [];
  const sorted = calibrated.slice().sort();
  return Array.from({ length: 101 }, (_, percent) => {
    const at = Math.round((percent / 100) * (sorted.length - 1));
    return Number((sorted[at] as number).toPrecision(6));
  });
}
