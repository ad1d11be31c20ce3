import { lagDesign, lagsOf, standardised } from './lag-design';
import { factor } from './least-squares';

/** Share of the sample at either end where no shift is looked for. */
const TRIM = 0.15;
/** Andrews' critical value at 1 % for one parameter and that trim; in the corrected table of 2003. */
const CRITICAL_1 = 12.16;

/** The date that splits a series best into two levels. */
export interface LevelShift {
  /** Index of the first observation at the new level. */
  readonly at: number;
  /** The largest Wald statistic over the dates. */
  readonly statistic: number;
  readonly isShift: boolean;
}

/**
 * Looks for one lasting shift of the mean of an autoregression at an unknown date. Two series that step with the same
 * event seem to predict each other in levels, whichever came first; their differences do not. Sums from the end make
 * every date cost one step. O(n × lags²).
 *
 * @param values - evenly spaced; NaN where missing
 * @param lags - order of the autoregression
 * @returns undefined when the series is constant or too short
 * @see Andrews (1993), doi:10.2307/2951764; corrigendum (2003), doi:10.1111/1468-0262.00405
 */
export function levelShift(values: readonly number[], lags: number): LevelShift | undefined {
  const scaled = standardised(values);
  if (scaled === undefined) return undefined;
  const n = values.length;
  const index = Array.from({ length: n }, (_, t) => t);
  const design = lagDesign([scaled, index], lagsOf(scaled, 1, lags));
  if (design.rows < 3 * (design.columns.length + 1)) return undefined;
  const factored = factor({ ...design, targets: design.targets.slice(0, 1) });
  const { width, rows, r } = factored;
  const q = factored.q();
  const last = Math.floor(rows * (1 - TRIM));
  const first = Math.ceil(rows * TRIM);
  // The residual is the orthonormal column behind the design's, times its length.
  const total = r.get(width, width) ** 2;
  const along = new Float64Array(width + 1);
  let best = { row: first, statistic: 0 };
  for (let row = rows - 1; row >= first; row--) {
    for (let column = 0; column <= width; column++) along[column] = (along[column] as number) + q.get(row, column);
    if (row > last) continue;
    // What the constant and the lags leave of the step that begins here.
    let left = rows - row;
    for (let column = 0; column < width; column++) left -= (along[column] as number) ** 2;
    const explained = left > 0 ? (total * (along[width] as number) ** 2) / left : 0;
    const statistic = explained < total ? (explained * (rows - width - 1)) / (total - explained) : 0;
    if (statistic > best.statistic) best = { row, statistic };
  }
  const at = design.targets[1]?.[best.row] ?? best.row;
  return { at, statistic: best.statistic, isShift: best.statistic > CRITICAL_1 };
}
