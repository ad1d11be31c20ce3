import { ErrorCode, HeadgateError } from '../../core/errors';
import type { RawColumn } from '../../ml/tables/choose-features';
import type { Io } from '../io';
import { parseLabel, parseNumber, parseTime } from './parse-cell';
import { columnIndex, readCsv, type CsvFile, type CsvRow } from './read-csv';

/** Rows of a CSV file with their labels, in order of time. */
export interface LabelledRows {
  readonly path: string;
  /** Every column but label and time. */
  readonly columns: readonly RawColumn[];
  /** 0 or 1. */
  readonly labels: Float64Array;
  /** Ascending: milliseconds since 1970, or numbers that only order rows; null when no time column was named. */
  readonly times: Float64Array | null;
  /** Whether times are instants. */
  readonly areInstants: boolean;
  /** What was done to the file that one should know, in words. */
  readonly remarks: readonly string[];
}

const MAX_ROWS = 1_000_000;
/** Share of cells of a column that may be no numbers before it counts as text. */
const SLIPS = 0.01;

interface Reading {
  readonly values: number[][];
  readonly texts: { count: number; example: string }[];
  readonly labels: number[];
  readonly times: number[];
  instants: number;
  unlabelled: number;
  untimed: number;
  counted: number;
}

/**
 * Reads a CSV file of rows with a label: numbers, yes and no, empty cells. Columns that hold text are kept apart, not
 * refused. Rows without label or time are left out, and said.
 *
 * @param time - column of times; rows stay in the file's order without one
 * @throws {HeadgateError} INVALID_ARGUMENT naming line and column when a label or a time is something else
 */
export async function readLabelledRows(
  io: Io,
  path: string,
  label: string,
  time: string | undefined,
): Promise<LabelledRows> {
  const file = await readCsv(io, path, MAX_ROWS);
  const labelAt = columnIndex(file, label);
  const timeAt = time === undefined ? -1 : columnIndex(file, time);
  if (labelAt === timeAt) throw invalid(`'${label}' cannot be label and time at once`);
  const others = [...file.columns.keys()].filter((index) => index !== labelAt && index !== timeAt);
  const reading: Reading = {
    values: others.map(() => []),
    texts: others.map(() => ({ count: 0, example: '' })),
    labels: [],
    times: [],
    instants: 0,
    unlabelled: 0,
    untimed: 0,
    counted: 0,
  };
  for await (const row of file.rows) readRow(file, row, { labelAt, timeAt, others }, reading);
  const rows = reading.labels.length;
  if (rows === 0) throw invalid(`'${path}' has no row with a label${time === undefined ? '' : ' and a time'}`);
  if (reading.instants > 0 && reading.instants < rows) {
    throw invalid(`column '${time ?? ''}' of '${path}' mixes instants with other numbers`);
  }
  return inOrder(file, others, reading, time);
}

function readRow(
  file: CsvFile,
  row: CsvRow,
  { labelAt, timeAt, others }: { labelAt: number; timeAt: number; others: readonly number[] },
  reading: Reading,
): void {
  const at = `line ${row.line} of '${file.path}', column`;
  const labelCell = row.cells[labelAt] ?? '';
  const label = parseLabel(labelCell);
  if (label === undefined) {
    throw invalid(
      `${at} '${file.columns[labelAt] ?? ''}': '${labelCell.slice(0, 40)}' is no label`,
      'Labels are 0 and 1, true and false, or counts.',
    );
  }
  if (Number.isNaN(label)) return void (reading.unlabelled += 1);
  if (timeAt >= 0) {
    const cell = row.cells[timeAt] ?? '';
    const time = parseTime(cell);
    if (time === undefined) {
      throw invalid(
        `${at} '${file.columns[timeAt] ?? ''}': '${cell.slice(0, 40)}' is no time`,
        'Times are seconds or milliseconds since 1970, or ISO 8601 of a day that exists, such as 2026-01-31T12:00:00Z.',
      );
    }
    if (Number.isNaN(time.value)) return void (reading.untimed += 1);
    if (time.isInstant) reading.instants += 1;
    reading.times.push(time.value);
  }
  reading.labels.push(label);
  if (Number(labelCell) > 1) reading.counted += 1;
  for (const [position, index] of others.entries()) {
    const cell = row.cells[index] ?? '';
    const value = parseNumber(cell);
    reading.values[position]?.push(value ?? Number.NaN);
    const texts = reading.texts[position];
    if (value !== undefined || texts === undefined) continue;
    texts.count += 1;
    if (texts.count === 1) texts.example = cell.trim().slice(0, 24);
  }
}

function inOrder(file: CsvFile, others: readonly number[], reading: Reading, time: string | undefined): LabelledRows {
  const rows = reading.labels.length;
  const order = Array.from(reading.labels.keys());
  // Sorting is stable: rows of the same time stay in the file's order.
  if (time !== undefined) order.sort((a, b) => (reading.times[a] as number) - (reading.times[b] as number));
  const pick = (values: readonly number[]): Float64Array => Float64Array.from(order, (row) => values[row] as number);
  const columns = others.map((index, position): RawColumn => {
    const { count, example } = reading.texts[position] ?? { count: 0, example: '' };
    const values = pick(reading.values[position] ?? []);
    return { name: file.columns[index] ?? '', values, text: count > SLIPS * rows ? example : null };
  });
  const slips = reading.texts.reduce((sum, { count }) => sum + (count > SLIPS * rows ? 0 : count), 0);
  return {
    path: file.path,
    columns,
    labels: pick(reading.labels),
    times: time === undefined ? null : pick(reading.times),
    areInstants: reading.instants > 0,
    remarks: [
      ...(time === undefined ? ['no --time: rows are taken in the order of the file'] : []),
      ...(reading.unlabelled > 0 ? [`${reading.unlabelled} rows without a label are left out`] : []),
      ...(reading.untimed > 0 ? [`${reading.untimed} rows without a time are left out`] : []),
      ...(reading.counted > 0
        ? [`labels are counts: every count above 0 is a failure (${reading.counted} above 1)`]
        : []),
      ...(slips > 0 ? [`${slips} cells that are no numbers count as missing`] : []),
    ],
  };
}

function invalid(message: string, remedy?: string): HeadgateError {
  return new HeadgateError(ErrorCode.InvalidArgument, message, remedy === undefined ? {} : { remedy });
}
