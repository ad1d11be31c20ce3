import type { Isotonic } from '../calibration/isotonic';
import type { Platt } from '../calibration/platt';
import type { InputSketch } from '../evaluation/input-sketch';
import type { ModelJson } from '../models/model';
import type { Ratio } from '../tables/ratios';

/** What a predictor was trained as. `auto` averages several kinds; `prior` knows the base rate alone, for want of rows. */
export const PredictorKind = {
  Forest: 'forest',
  Boosting: 'boosting',
  Logistic: 'logistic',
  Network: 'network',
  Team: 'team',
  Auto: 'auto',
  Prior: 'prior',
} as const;
/** One of the kinds. */
export type PredictorKind = (typeof PredictorKind)[keyof typeof PredictorKind];

/** How raw scores become probabilities, and on which rows that was fitted. */
export interface CalibrationJson {
  readonly method: 'platt' | 'isotonic' | 'none';
  readonly platt?: Platt;
  readonly isotonic?: Isotonic;
  /** `latest`: rows that trained nothing else; `out_of_fold`: rows scored by models that had not seen them. */
  readonly fittedOn: 'latest' | 'out_of_fold' | 'nothing';
  readonly rows: number;
  /** Log odds by which rows to come are expected to fail less than those it was fitted on; taken off already. */
  readonly decline?: number | undefined;
}

/** Where the values of one feature lay in training. */
export interface Support {
  /** Smallest and largest known value; null when none was known. */
  readonly low: number | null;
  readonly high: number | null;
  /** Median of the known values. */
  readonly typical: number | null;
  readonly mayBeMissing: boolean;
}

/** What a predictor was trained on. Instants are milliseconds since 1970, null without times. */
export interface TrainedOn {
  readonly rows: number;
  readonly failures: number;
  readonly from: number | null;
  readonly to: number | null;
}

/** A predictor as JSON: the file that `model train` writes, and the artefact of the registry. */
export interface PredictorJson {
  readonly format: 'headgate-predictor';
  readonly version: 1;
  readonly kind: PredictorKind;
  readonly seed: number;
  /** Columns that are read, in order. */
  readonly features: readonly string[];
  readonly support: readonly Support[];
  /** Inputs made of features, which follow them in the rows that members read; absent in models of old. */
  readonly ratios?: readonly Ratio[] | undefined;
  /** Cuts between the bins of each feature and each ratio, ascending; floats of 64 bits, base64. */
  readonly cuts: readonly string[];
  /** Models whose log odds are averaged with these weights, or move that mean within bounds; none for the kind `prior`. */
  readonly members: readonly {
    readonly weight: number;
    readonly within?: number | undefined;
    readonly model: ModelJson;
  }[];
  /**
   * Added to the mean log odds before calibration: takes back what weights of rows have done to the share of failures;
   * 0 without weights.
   */
  readonly offset: number;
  readonly calibration: CalibrationJson;
  /** Share of failures that thin or foreign data fall back to. */
  readonly prior: number;
  /** Share of the distance from the prior, in log odds, that is kept: 1 with failures and successes enough in training. */
  readonly trust: number;
  /**
   * Calibrated probability at each percent of the rows that it was calibrated on, 0 to 100, ascending; empty without
   * such rows.
   */
  readonly ranks: readonly number[];
  readonly trainedOn: TrainedOn;
  /**
   * Where the values of each feature lay in training, where the rows are not kept beside it: in the model that ships
   * with Headgate.
   */
  readonly inputs?: readonly InputSketch[] | undefined;
}
