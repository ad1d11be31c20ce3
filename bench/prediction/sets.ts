import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { processIo } from '../../cli/io';
import { chooseColumns, tableOf } from '../../cli/offline/predictor-table';
import { readLabelledRows } from '../../cli/offline/read-labelled-rows';
import type { Table } from '../../ml/tables/table';

/** One data set of changes, as the command line reads it: features chosen by its rule on the first 80 % of rows. */
export interface ChangeSet {
  /** Folder and file without their endings, such as `issta21/go`. */
  readonly name: string;
  readonly path: string;
  readonly table: Table;
  readonly labels: Float64Array;
  readonly times: Float64Array;
  /** Rows that train. */
  readonly cut: number;
}

/** Data sets lie beside the project, or where HEADGATE_DATA_SETS says. */
const SHARED = process.env['HEADGATE_DATA_SETS'] ?? join(__dirname, '../../../shared/data');

const io = processIo();

/** Paths of all sets of changes there are, in order; `only` keeps those whose path contains it. */
export function changeSetPaths(only = ''): string[] {
  if (!existsSync(SHARED)) return [];
  return readdirSync(SHARED)
    .filter((folder) => folder.startsWith('jit-'))
    .flatMap((folder) => readdirSync(join(SHARED, folder)).map((file) => join(SHARED, folder, file)))
    .filter((path) => /\.csv(\.gz)?$/.test(path) && path.includes(only))
    .sort();
}

/** Reads one set. */
export async function readChangeSet(path: string): Promise<ChangeSet> {
  const data = await readLabelledRows(io, path, 'bug', 'date');
  const cut = Math.floor(data.labels.length * 0.8);
  const { used } = chooseColumns(data, cut, undefined);
  const name = `${basename(join(path, '..')).replace(/^jit-/, '')}/${basename(path).replace(/\.csv(\.gz)?$/, '')}`;
  const times = data.times ?? new Float64Array(data.labels.length);
  return { name, path, table: tableOf(data, used), labels: data.labels, times, cut };
}
