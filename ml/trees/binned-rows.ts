import { binOf, binOfPadded, padCuts } from './bins';

/** Rows as bins of their values, one row after the other, as models read them. */
export interface BinnedRows {
  /** Bins of a row: one for each feature. */
  readonly width: number;
  readonly rows: number;
  readonly bins: Uint8Array;
}

/** Bins all rows of columns. O(rows × columns × log cuts). */
export function binRows(columns: readonly Float64Array[], cuts: readonly Float64Array[], rows: number): BinnedRows {
  const width = cuts.length;
  const bins = new Uint8Array(rows * width);
  cuts.forEach((own, feature) => {
    const column = columns[feature] as Float64Array;
    const padded = padCuts(own);
    for (let row = 0; row < rows; row++) bins[row * width + feature] = binOfPadded(column[row] as number, padded);
  });
  return { width, rows, bins };
}

/** Bins one row into `into`. */
export function binRow(row: ArrayLike<number>, cuts: readonly Float64Array[], into: Uint8Array): void {
  for (let feature = 0; feature < cuts.length; feature++) {
    into[feature] = binOf(row[feature] as number, cuts[feature] as Float64Array);
  }
}
