import { base64OfFloats, floatsOfBase64 } from '../encoding/base64';
import { MISSING_BIN } from '../trees/bins';
import type { BinnedRows } from '../trees/binned-rows';
import { signedLog } from './logit';

/** Levels as JSON. */
export interface LevelsJson {
  /** For each feature its level at bin 0, 1, 2 … ; floats of 64 bits, base64. */
  readonly levels: readonly string[];
  /** Features that lacked values in training: each gets a further input that is 1 where it is missing. */
  readonly mayBeMissing: readonly number[];
}

/**
 * How bins become inputs of a linear model or a network: each stands for the mean signed log of its training values,
 * standardised. A value beyond those of training counts as the outermost bin, so it cannot run away. A missing value
 * stands at the mean, and is marked.
 */
export class Levels {
  /** Inputs that a row becomes. */
  readonly width: number;
  private readonly features: number;
  /** Level of bin b of feature f at 256·f + b. */
  private readonly table: Float64Array;

  constructor(private readonly json: LevelsJson) {
    this.features = json.levels.length;
    this.width = this.features + json.mayBeMissing.length;
    this.table = new Float64Array(this.features * 256);
    json.levels.forEach((text, feature) => {
      const levels = floatsOfBase64(text);
      for (let bin = 0; bin < MISSING_BIN; bin++) {
        this.table[feature * 256 + bin] = levels[Math.min(bin, levels.length - 1)] ?? 0;
      }
    });
  }

  /** Writes the inputs of the row whose bins begin at `from` into `into` from `at` on. */
  write(bins: Uint8Array, from: number, into: Float64Array, at: number): void {
    const { features, table } = this;
    for (let feature = 0; feature < features; feature++) {
      into[at + feature] = table[(feature << 8) + (bins[from + feature] as number)] as number;
    }
    const { mayBeMissing } = this.json;
    for (let index = 0; index < mayBeMissing.length; index++) {
      const bin = bins[from + (mayBeMissing[index] as number)] as number;
      into[at + features + index] = bin === MISSING_BIN ? 1 : 0;
    }
  }

  /** Inputs of all rows, one row after the other. */
  all({ bins, width, rows }: BinnedRows): Float64Array {
    const inputs = new Float64Array(rows * this.width);
    for (let row = 0; row < rows; row++) this.write(bins, row * width, inputs, row * this.width);
    return inputs;
  }

  toJSON(): LevelsJson {
    return this.json;
  }
}

/**
 * Fits levels. O(rows × columns).
 *
 * @param columns - raw values; NaN is missing
 * @param binned - their bins, same order
 */
export function fitLevels(columns: readonly Float64Array[], binned: readonly Uint8Array[]): Levels {
  const mayBeMissing: number[] = [];
  const levels = columns.map((column, feature) => {
    const bins = binned[feature] as Uint8Array;
    if (bins.includes(MISSING_BIN)) mayBeMissing.push(feature);
    return base64OfFloats(levelsOf(column, bins));
  });
  return new Levels({ levels, mayBeMissing });
}

function levelsOf(column: Float64Array, bins: Uint8Array): Float64Array {
  const sums = new Float64Array(MISSING_BIN);
  const counts = new Float64Array(MISSING_BIN);
  let known = 0;
  let sum = 0;
  let squares = 0;
  let last = -1;
  for (let row = 0; row < column.length; row++) {
    const bin = bins[row] as number;
    if (bin === MISSING_BIN) continue;
    const value = signedLog(column[row] as number);
    sums[bin] = (sums[bin] as number) + value;
    counts[bin] = (counts[bin] as number) + 1;
    known += 1;
    sum += value;
    squares += value * value;
    last = Math.max(last, bin);
  }
  const mean = known === 0 ? 0 : sum / known;
  const variance = known === 0 ? 0 : squares / known - mean * mean;
  const deviation = variance > 1e-12 ? Math.sqrt(variance) : 1;
  const levels = new Float64Array(last + 1);
  let before = 0;
  for (let bin = 0; bin <= last; bin++) {
    const count = counts[bin] as number;
    // A bin that no training row fell into is worth what the one below is.
    if (count > 0) before = ((sums[bin] as number) / count - mean) / deviation;
    levels[bin] = Math.max(-FARTHEST, Math.min(FARTHEST, before));
  }
  return levels;
}

/** Farthest that a level lies from the mean, in standard deviations. */
const FARTHEST = 4;
