import { ErrorCode, HeadgateError } from '../../core/errors';
import { mulberry32 } from '../random/mulberry32';
import type { BinnedRows } from '../trees/binned-rows';
import { loadEnsemble, type Ensemble, type EnsembleJson } from '../trees/ensemble';
import { boost, type Boosted } from './boosting';
import { growForest } from './forest';
import { fitLevels } from './levels';
import { fitLogistic, Logistic, type LogisticJson } from './logistic';
import { logOddsOf } from './logit';
import { Network, trainNetwork, type NetworkJson } from './network';
import { BOOSTING, EXTRA_TREES, FOREST, LOGISTIC, NETWORK, TEAM_FOREST } from './settings';
import { fitSingle, Single, type SingleJson } from './single';
import { growTeamForest, TeamForest, type TeamForestJson } from './team-forest';

/**
 * The kinds of model. `extra` is a forest of random cuts, `single` one column alone, `team` the forest of
 * `ml-random-forest`, for at most 2,000 rows.
 */
export const LearnerKind = {
  Forest: 'forest',
  Extra: 'extra',
  Boosting: 'boosting',
  Logistic: 'logistic',
  Network: 'network',
  Team: 'team',
  Single: 'single',
} as const;
/** One of the kinds. */
export type LearnerKind = (typeof LearnerKind)[keyof typeof LearnerKind];

/** Leaf frequencies are kept this far from 0 and 1, so that log odds stay finite. */
const LEAST_FREQUENCY = 0.005;

/** What a model learns from, in order of time. */
export interface TrainingRows {
  /** Names of the columns. */
  readonly names: readonly string[];
  /** Raw values, a column for each feature; NaN is missing. */
  readonly columns: readonly Float64Array[];
  /** Bins of the same columns. */
  readonly binned: readonly Uint8Array[];
  /** 0 or 1; both occur. */
  readonly labels: Float64Array;
  /** Weight of each row, > 0; 1 for all counts them alike. */
  readonly weights: Float64Array;
}

/** Rows to be scored: raw and binned. */
export interface ScoringRows extends BinnedRows {
  readonly columns: readonly Float64Array[];
}

/** A model as JSON. */
export type ModelJson =
  | { readonly kind: 'forest' | 'extra'; readonly trees: EnsembleJson }
  | { readonly kind: 'boosting'; readonly start: number; readonly trees: EnsembleJson }
  | { readonly kind: 'logistic'; readonly logistic: LogisticJson }
  | { readonly kind: 'network'; readonly network: NetworkJson }
  | { readonly kind: 'single'; readonly single: SingleJson }
  | { readonly kind: 'team'; readonly forest: TeamForestJson };

/** What every model does, however it learns. Log odds are uncalibrated. Not safe to be used by two threads at once. */
export interface Model {
  /** Log odds of failure of one row, given as bins and as raw values. */
  logOdds(bins: Uint8Array, row: ArrayLike<number>): number;
  /** The same for all rows, to the last bit. */
  logOddsAll(rows: ScoringRows): Float64Array;
  toJSON(): ModelJson;
}

/** Trains a model. The same rows and seed give the same model on every machine. */
export function fitModel(kind: LearnerKind, rows: TrainingRows, seed: number): Model {
  const { columns, binned, labels, weights } = rows;
  const rng = mulberry32(seed);
  switch (kind) {
    case LearnerKind.Forest:
      return forestModel(kind, growForest(binned, labels, weights, FOREST, rng));
    case LearnerKind.Extra:
      return forestModel(kind, growForest(binned, labels, weights, EXTRA_TREES, rng));
    case LearnerKind.Boosting:
      return boostedModel(boost(binned, labels, weights, BOOSTING, seed));
    case LearnerKind.Logistic:
      return smoothModel(fitLogistic(fitLevels(columns, binned), rowsOf(rows), labels, weights, LOGISTIC));
    case LearnerKind.Network:
      return smoothModel(trainNetwork(fitLevels(columns, binned), rowsOf(rows), labels, weights, NETWORK, rng));
    case LearnerKind.Single:
      return smoothModel(fitSingle(rows.names, binned, labels));
    case LearnerKind.Team:
      return teamModel(growTeamForest(columns, labels, { ...TEAM_FOREST, seed }));
  }
}

/**
 * Reads a model back; it predicts the same to the last bit. @throws {HeadgateError} INVALID_ARGUMENT when the file is
 * damaged
 */
export function loadModel(json: ModelJson): Model {
  switch (json.kind) {
    case LearnerKind.Forest:
    case LearnerKind.Extra:
      return forestModel(json.kind, loadEnsemble(json.trees));
    case LearnerKind.Boosting:
      return boostedModel({ start: json.start, trees: loadEnsemble(json.trees) });
    case LearnerKind.Logistic:
      return smoothModel(new Logistic(json.logistic));
    case LearnerKind.Network:
      return smoothModel(new Network(json.network));
    case LearnerKind.Single:
      return smoothModel(new Single(json.single));
    case LearnerKind.Team:
      return teamModel(new TeamForest(json.forest));
    default:
      throw new HeadgateError(
        ErrorCode.InvalidArgument,
        `there is no model of kind '${String((json as ModelJson).kind)}'`,
      );
  }
}

function forestModel(kind: 'forest' | 'extra', trees: Ensemble): Model {
  return {
    logOdds: (bins) => logOddsOf(trees.meanOf(bins), LEAST_FREQUENCY),
    logOddsAll: (rows) => trees.meansOf(rows).map((mean) => logOddsOf(mean, LEAST_FREQUENCY)),
    toJSON: () => ({ kind, trees: trees.toJSON() }),
  };
}

function boostedModel({ start, trees }: Boosted): Model {
  return {
    logOdds: (bins) => start + trees.trees * trees.meanOf(bins),
    logOddsAll: (rows) => trees.meansOf(rows).map((mean) => start + trees.trees * mean),
    toJSON: () => ({ kind: LearnerKind.Boosting, start, trees: trees.toJSON() }),
  };
}

function smoothModel(smooth: Logistic | Network | Single): Model {
  return {
    logOdds: (bins) => smooth.logOdds(bins, 0),
    logOddsAll: ({ bins, width, rows }) => {
      const logOdds = new Float64Array(rows);
      for (let row = 0; row < rows; row++) logOdds[row] = smooth.logOdds(bins, row * width);
      return logOdds;
    },
    toJSON: () => {
      if (smooth instanceof Logistic) return { kind: LearnerKind.Logistic, logistic: smooth.toJSON() };
      if (smooth instanceof Single) return { kind: LearnerKind.Single, single: smooth.toJSON() };
      return { kind: LearnerKind.Network, network: smooth.toJSON() };
    },
  };
}

function teamModel(forest: TeamForest): Model {
  return {
    logOdds: (_, row) => logOddsOf(forest.predict(row)),
    logOddsAll: ({ columns, rows }) => forest.predictAll(columns, rows).map((share) => logOddsOf(share)),
    toJSON: () => ({ kind: LearnerKind.Team, forest: forest.toJSON() }),
  };
}

/** Training columns as rows of bins. */
function rowsOf({ binned, labels }: TrainingRows): BinnedRows {
  const width = binned.length;
  const bins = new Uint8Array(labels.length * width);
  binned.forEach((column, feature) => {
    for (let row = 0; row < labels.length; row++) bins[row * width + feature] = column[row] as number;
  });
  return { width, rows: labels.length, bins };
}
