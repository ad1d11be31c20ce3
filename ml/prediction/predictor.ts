import { applyIsotonic } from '../calibration/isotonic';
import { applyPlatt } from '../calibration/platt';
import { contributionsOf, type Contribution } from '../explanation/contributions';
import { floatsOfBase64 } from '../encoding/base64';
import { logOddsOf, probabilityOf, signedLog, unsignedLog } from '../models/logit';
import { loadModel } from '../models/model';
import { ratioOf, withRatios, type Ratio } from '../tables/ratios';
import { selectColumns, type Table } from '../tables/table';
import { binRow, binRows } from '../trees/binned-rows';
import { meanLogOdds, meanLogOddsAll, type Member } from './members';
import type { CalibrationJson, PredictorJson, Support } from './predictor-json';

/** What a predictor says of one change. */
export interface Score {
  /** Calibrated probability of failure, pulled towards the prior where the predictor knows little. */
  readonly probability: number;
  /** Share of the rows it was calibrated on that scored lower, 0–1; null when there were none. */
  readonly rank: number | null;
  /**
   * Features whose values lie far outside of training, or are missing although they never were. Each halves the
   * distance from the prior.
   */
  readonly outOfDistribution: readonly string[];
  /** Why it is less sure than its model, in words; empty when nothing holds it back. */
  readonly caveats: readonly string[];
}

/** How far beyond the training range, as a share of it on signed logs, a value is still familiar. */
const FAMILIAR_BEYOND = 0.25;

/** A trained, calibrated predictor of failure. It predicts the same before and after it is stored. */
export class Predictor {
  private readonly members: readonly Member[];
  private readonly cuts: readonly Float64Array[];
  private readonly bins: Uint8Array;
  private readonly ratios: readonly Ratio[];
  /** Features and ratios of one row. */
  private readonly inputs: Float64Array;
  /** Ends of what is familiar of each feature. */
  private readonly from: Float64Array;
  private readonly to: Float64Array;

  constructor(readonly json: PredictorJson) {
    this.members = json.members.map((member) => ({ ...member, model: loadModel(member.model) }));
    this.cuts = json.cuts.map(floatsOfBase64);
    this.bins = new Uint8Array(this.cuts.length);
    this.ratios = json.ratios ?? [];
    this.inputs = new Float64Array(json.features.length + this.ratios.length);
    const familiar = json.support.map(familiarRange);
    this.from = Float64Array.from(familiar, ([from]) => from);
    this.to = Float64Array.from(familiar, ([, to]) => to);
  }

  get features(): readonly string[] {
    return this.json.features;
  }

  /** Scores named values; a name that is left out, null or NaN is missing. */
  score(values: Readonly<Record<string, number | null | undefined>>): Score {
    return this.scoreRow(this.rowOf(values));
  }

  /** Values in the order of the features. */
  rowOf(values: Readonly<Record<string, number | null | undefined>>): Float64Array {
    return Float64Array.from(this.features, (name) => values[name] ?? Number.NaN);
  }

  /** Scores one row in the order of the features. */
  scoreRow(row: ArrayLike<number>): Score {
    const outOfDistribution = this.features.filter((_, feature) => this.isForeign(feature, row[feature] as number));
    return {
      probability: this.predict(row),
      rank: this.rankOf(row),
      outOfDistribution,
      caveats: this.caveats(outOfDistribution),
    };
  }

  /** The probability alone. */
  predict(row: ArrayLike<number>): number {
    return this.settle(this.calibrate(this.rawLogOdds(row)), this.countForeign(row));
  }

  /** Probabilities of all rows of a table, whose columns are found by name. */
  predictAll(table: Table): Float64Array {
    const { columns, rows } = selectColumns(table, this.features);
    const inputs = withRatios(columns, this.ratios, rows);
    const probabilities = meanLogOddsAll(this.members, { ...binRows(inputs, this.cuts, rows), columns: inputs });
    const foreign = new Uint8Array(rows);
    columns.forEach((column, feature) => {
      for (let row = 0; row < rows; row++) if (this.isForeign(feature, column[row] as number)) foreign[row]! += 1;
    });
    for (let row = 0; row < rows; row++) {
      probabilities[row] = this.settle(
        this.calibrate((probabilities[row] as number) + this.json.offset),
        foreign[row] as number,
      );
    }
    return probabilities;
  }

  /** What each feature adds to the log odds of this row, beside a typical one. They add up. */
  contributions(row: ArrayLike<number>): Contribution[] {
    const typical = this.json.support.map((support) => support.typical ?? Number.NaN);
    const logOdds = (mixed: Float64Array): number => logOddsOf(this.calibrate(this.rawLogOdds(mixed)), 1e-6);
    return contributionsOf(logOdds, this.features, row, typical);
  }

  toJSON(): PredictorJson {
    return this.json;
  }

  private rawLogOdds(row: ArrayLike<number>): number {
    const { inputs, ratios } = this;
    const width = this.json.features.length;
    for (let feature = 0; feature < width; feature++) inputs[feature] = row[feature] as number;
    for (let index = 0; index < ratios.length; index++) inputs[width + index] = ratioOf(ratios[index] as Ratio, row);
    binRow(inputs, this.cuts, this.bins);
    return meanLogOdds(this.members, this.bins, inputs) + this.json.offset;
  }

  private calibrate(logOdds: number): number {
    return this.members.length === 0 ? this.json.prior : applyCalibration(this.json.calibration, logOdds);
  }

  /** Pulls a probability towards the prior. */
  private settle(probability: number, foreign: number): number {
    const { prior, trust } = this.json;
    const kept = foreign === 0 ? trust : trust / (1 << Math.min(30, foreign));
    if (kept === 1) return probability;
    const start = logOddsOf(prior, 1e-6);
    return probabilityOf(start + kept * (logOddsOf(probability, 1e-6) - start));
  }

  private countForeign(row: ArrayLike<number>): number {
    let count = 0;
    for (let feature = 0; feature < this.from.length; feature++) {
      if (this.isForeign(feature, row[feature] as number)) count += 1;
    }
    return count;
  }

  /** Whether a value is unlike those of training: far beyond them, or missing where none was. */
  private isForeign(feature: number, value: number): boolean {
    if (value >= (this.from[feature] as number) && value <= (this.to[feature] as number)) return false;
    return value === value || !(this.json.support[feature] as Support).mayBeMissing;
  }

  private rankOf(row: ArrayLike<number>): number | null {
    const { ranks } = this.json;
    if (ranks.length === 0) return null;
    const probability = this.calibrate(this.rawLogOdds(row));
    const below = ranks.filter((rank) => rank < probability).length;
    return Math.min(1, below / (ranks.length - 1));
  }

  private caveats(outOfDistribution: readonly string[]): string[] {
    const { kind, trust, trainedOn } = this.json;
    const rows = `${trainedOn.rows} training rows with ${trainedOn.failures} failures`;
    const caveats: string[] = [];
    if (kind === 'prior') caveats.push(`${rows} are too few to learn from: this is the base rate`);
    else if (trust < 1) caveats.push(`${rows} are few: widened towards the base rate`);
    if (outOfDistribution.length > 0) {
      caveats.push(`unlike anything in training in ${outOfDistribution.join(', ')}: widened towards the base rate`);
    }
    return caveats;
  }
}

/** The calibrated probability of raw log odds. */
export function applyCalibration({ platt, isotonic }: CalibrationJson, logOdds: number): number {
  if (platt !== undefined) return applyPlatt(platt, logOdds);
  return isotonic === undefined ? probabilityOf(logOdds) : applyIsotonic(isotonic, logOdds);
}

/** The range of training and a quarter of it more on both sides, on signed logs; nothing is familiar when nothing was known. */
function familiarRange({ low, high }: Support): [from: number, to: number] {
  if (low === null || high === null) return [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const from = signedLog(low);
  const to = signedLog(high);
  const beyond = FAMILIAR_BEYOND * (to - from) + 1e-9;
  return [unsignedLog(from - beyond), unsignedLog(to + beyond)];
}
