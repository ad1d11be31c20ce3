/**
 * Rows of numbers kept column by column, as models read them. A cell that is not known is NaN, never 0. Rows are in order of
 * time wherever time matters.
 */
export interface Table {
  /** Names of the columns, each once. */
  readonly names: readonly string[];
  /** One array of `rows` numbers for each name, in the same order. */
  readonly columns: readonly Float64Array[];
  /** How many rows there are, >= 0. */
  readonly rows: number;
}

/** The rows `from` (included) to `to` (left out), sharing memory with the table. O(columns). */
export function sliceTable(table: Table, from: number, to: number): Table {
  return {
    names: table.names,
    columns: table.columns.map((column) => column.subarray(from, to)),
    rows: Math.max(0, to - from),
  };
}

/** The named columns in the order of the names; a column that the table lacks is all NaN. O(rows) for each that is lacking. */
export function selectColumns(table: Table, names: readonly string[]): Table {
  const columns = names.map((name) => {
    const at = table.names.indexOf(name);
    return table.columns[at] ?? new Float64Array(table.rows).fill(Number.NaN);
  });
  return { names, columns, rows: table.rows };
}

/** One row as an array in the order of the columns, written into `into` when it is given. */
export function rowOf(table: Table, row: number, into = new Float64Array(table.columns.length)): Float64Array {
  for (let column = 0; column < table.columns.length; column++) {
    into[column] = (table.columns[column] as Float64Array)[row] as number;
  }
  return into;
}
