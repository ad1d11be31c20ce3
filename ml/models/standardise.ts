import { signedLog } from './logit';

/** Farthest that a standardised value counts from the mean, in standard deviations: a value never seen before cannot run away. */
const FARTHEST = 4;

/** How raw columns become inputs of a linear model or network; fitted on training rows alone. */
export interface Standardisation {
  /** Mean of the signed log of each column's known values. */
  readonly means: readonly number[];
  /** Their standard deviation; 1 for a constant column. */
  readonly deviations: readonly number[];
  /** Columns that lacked values in training: each gets a further input that is 1 where it is missing. */
  readonly mayBeMissing: readonly number[];
}

/** Fits means and deviations of signed logs. O(rows × columns). */
export function fitStandardisation(columns: readonly Float64Array[]): Standardisation {
  const means: number[] = [];
  const deviations: number[] = [];
  const mayBeMissing: number[] = [];
  columns.forEach((column, index) => {
    const known = column.filter((value) => !Number.isNaN(value)).map(signedLog);
    const mean = known.length === 0 ? 0 : known.reduce((sum, value) => sum + value, 0) / known.length;
    const squares = known.reduce((sum, value) => sum + (value - mean) * (value - mean), 0);
    const deviation = known.length === 0 ? 0 : Math.sqrt(squares / known.length);
    means.push(mean);
    deviations.push(deviation > 1e-12 ? deviation : 1);
    if (known.length < column.length) mayBeMissing.push(index);
  });
  return { means, deviations, mayBeMissing };
}

/** How many inputs a row becomes. */
export function inputCount({ means, mayBeMissing }: Standardisation): number {
  return means.length + mayBeMissing.length;
}

/** Inputs of one row, written into `into` from `at` on: a missing value stands at the mean and is marked. */
export function standardiseRow(
  { means, deviations, mayBeMissing }: Standardisation,
  row: ArrayLike<number>,
  into: Float64Array,
  at = 0,
): void {
  for (let column = 0; column < means.length; column++) {
    const value = row[column] as number;
    const scaled = (signedLog(value) - (means[column] as number)) / (deviations[column] as number);
    into[at + column] = Number.isNaN(value) ? 0 : Math.max(-FARTHEST, Math.min(FARTHEST, scaled));
  }
  mayBeMissing.forEach((column, index) => {
    into[at + means.length + index] = Number.isNaN(row[column] as number) ? 1 : 0;
  });
}

/** Inputs of all rows, one row after the other. */
export function standardiseColumns(
  fitted: Standardisation,
  columns: readonly Float64Array[],
  rows: number,
): Float64Array {
  const width = inputCount(fitted);
  const inputs = new Float64Array(rows * width);
  const row = new Float64Array(columns.length);
  for (let index = 0; index < rows; index++) {
    for (let column = 0; column < columns.length; column++) {
      row[column] = (columns[column] as Float64Array)[index] as number;
    }
    standardiseRow(fitted, row, inputs, index * width);
  }
  return inputs;
}
