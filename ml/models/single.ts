import { applyIsotonic, fitIsotonic } from '../calibration/isotonic';
import { base64OfFloats, floatsOfBase64 } from '../encoding/base64';
import { areaUnderRoc } from '../evaluation/auc';
import { findMeasures } from '../tables/measure-names';
import { MISSING_BIN } from '../trees/bins';
import { logOddsOf } from './logit';

/** One column as a model, as JSON. */
export interface SingleJson {
  readonly feature: number;
  /** Log odds at bin 0, 1, 2 …, and last those of a missing value; floats of 64 bits, base64. */
  readonly odds: string;
}

/** Leaves a step between bins that isotonic regression has pooled, so that they are still ranked. */
const STEP = 0.002;
/** Odds of 1 in 100 at the least: few rows at an end of a column must not be sure. */
const MARGIN = 0.01;

/**
 * Log odds that only rise, or only fall, along one column: what says most by itself, and what nothing else of a change
 * can mislead.
 */
export class Single {
  private readonly odds: Float64Array;

  constructor(private readonly json: SingleJson) {
    this.odds = floatsOfBase64(json.odds);
  }

  /** Log odds of the row whose bins begin at `from`. */
  logOdds(bins: Uint8Array, from: number): number {
    const bin = bins[from + this.json.feature] as number;
    const last = this.odds.length - 1;
    return this.odds[bin === MISSING_BIN ? last : Math.min(bin, last - 1)] ?? 0;
  }

  toJSON(): SingleJson {
    return this.json;
  }
}

/**
 * Fits it on the column of lines added, which is hard to beat alone (Zeng et al. 2021), or where there is none on the
 * column that orders the training rows best. O(columns × n log n).
 *
 * @param names - of the columns
 * @param binned - their bins
 * @param labels - 0 or 1; both occur
 */
export function fitSingle(names: readonly string[], binned: readonly Uint8Array[], labels: ArrayLike<number>): Single {
  const feature = findMeasures(names).linesAdded ?? strongest(binned, labels);
  const bins = binned[feature] as Uint8Array;
  const known = [...bins.keys()].filter((row) => bins[row] !== MISSING_BIN);
  const of = (rows: readonly number[]): Float64Array => Float64Array.from(rows, (row) => labels[row] as number);
  const scores = Float64Array.from(known, (row) => bins[row] as number);
  const falls = areaUnderRoc(scores, of(known)) < 0.5 ? -1 : 1;
  const fitted = fitIsotonic(
    scores.map((score) => falls * score),
    of(known),
  );
  const last = scores.reduce((most, bin) => Math.max(most, bin), 0);
  const odds = Float64Array.from({ length: last + 2 }, (_, bin) =>
    known.length === 0 ? 0 : logOddsOf(applyIsotonic(fitted, falls * bin), MARGIN) + falls * STEP * bin,
  );
  const missing = of([...bins.keys()].filter((row) => bins[row] === MISSING_BIN));
  const whole = of([...bins.keys()]);
  // A hundred rows of the base rate in advance.
  const share = sum(whole) / whole.length;
  odds[last + 1] = logOddsOf((sum(missing) + 100 * share) / (missing.length + 100), MARGIN);
  return new Single({ feature, odds: base64OfFloats(odds) });
}

function strongest(binned: readonly Uint8Array[], labels: ArrayLike<number>): number {
  let best = 0;
  let most = -1;
  binned.forEach((bins, feature) => {
    const strength = Math.abs(areaUnderRoc(bins, labels) - 0.5);
    if (strength > most) [best, most] = [feature, strength];
  });
  return best;
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}
