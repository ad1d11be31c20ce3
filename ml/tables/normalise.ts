import { signedLog } from '../models/logit';
import type { Table } from './table';

/** How one column is brought to comparable spread: signed logs, less their mean, over their deviation. */
export interface ColumnScale {
  readonly name: string;
  readonly mean: number;
  /** 1 for a column that does not vary. */
  readonly deviation: number;
}

/**
 * Learns scales from the earliest rows alone, so that nothing of later rows, which test a model, is in them. O(rows × columns).
 *
 * @param trainingRows - how many rows, from the first on, may be looked at
 */
export function fitScales({ names, columns }: Table, trainingRows: number): ColumnScale[] {
  return names.map((name, index) => {
    const known = (columns[index] as Float64Array)
      .subarray(0, trainingRows)
      .filter((value) => !Number.isNaN(value))
      .map(signedLog);
    const mean = known.reduce((sum, value) => sum + value, 0) / Math.max(1, known.length);
    const squares = known.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    const deviation = Math.sqrt(squares / Math.max(1, known.length));
    return { name, mean, deviation: deviation > 1e-12 ? deviation : 1 };
  });
}

/** The table with its values on scales of the same columns; missing stays missing. */
export function scaled({ names, columns, rows }: Table, scales: readonly ColumnScale[]): Table {
  const moved = columns.map((column, index) => {
    const { mean = 0, deviation = 1 } = scales[index] ?? {};
    return column.map((value) => (signedLog(value) - mean) / deviation);
  });
  return { names, columns: moved, rows };
}
