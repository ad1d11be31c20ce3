import { CsvError, parse } from 'csv-parse';
import { pipeline, Readable } from 'node:stream';
import { ErrorCode, HeadgateError } from '../../core/errors';
import type { Io } from '../io';
import { openData } from './open-data';

/** One record of a CSV file: its cells as text, and the 1-based line where it ends. */
export interface CsvRow {
  readonly line: number;
  readonly cells: readonly string[];
}

/** A CSV file that is being read: its header, and its rows as they are consumed, once. */
export interface CsvFile {
  readonly path: string;
  readonly columns: readonly string[];
  readonly rows: AsyncIterable<CsvRow>;
}

const MAX_ROWS = 20_000_000;
const MAX_RECORD_CHARACTERS = 1_000_000;
const MISSING = new Set(['', 'na', 'n/a', 'nan', 'null', 'none']);
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

/**
 * Opens a CSV file, plain or gzip: RFC 4180 with a header line, quoted cells, a byte order mark and empty lines allowed.
 * Rows are streamed, and their number and length are bounded.
 *
 * @param path - a file, or `-` for standard input
 * @throws {HeadgateError} INVALID_ARGUMENT, here or while rows are read, naming the line of what is wrong
 */
export function readCsv(io: Io, path: string, maxRows = MAX_ROWS): Promise<CsvFile> {
  return readCsvBytes(path, openData(io, path), maxRows);
}

/**
 * The same of bytes that are being read already.
 *
 * @param path - where they come from, for errors
 * @throws {HeadgateError} as {@link readCsv}
 */
export async function readCsvBytes(path: string, bytes: AsyncIterable<Buffer>, maxRows = MAX_ROWS): Promise<CsvFile> {
  const records = recordsOf(path, bytes, maxRows);
  const header = await records.next();
  if (header.done === true) throw invalid(`'${path}' is empty`, 'It should begin with a line that names its columns.');
  const columns = header.value.cells.map((name) => name.trim());
  const twice = columns.find((name, index) => name !== '' && columns.indexOf(name) !== index);
  if (twice !== undefined) throw invalid(`'${path}' has two columns named '${twice}'`, 'Name each column once.');
  return { path, columns, rows: records };
}

/**
 * Where a column stands.
 *
 * @throws {HeadgateError} INVALID_ARGUMENT with the columns there are
 */
export function columnIndex(file: CsvFile, column: string): number {
  const index = file.columns.indexOf(column);
  if (index >= 0) return index;
  throw invalid(
    `'${file.path}' has no column '${column}'`,
    `Its columns are: ${file.columns.slice(0, 40).join(', ')}${file.columns.length > 40 ? ', …' : ''}.`,
  );
}

/**
 * The number in a cell; null where the value is missing: empty, NA, N/A, NaN, null or none, in any case.
 *
 * @throws {HeadgateError} INVALID_ARGUMENT naming line and column when it is something else, infinity included
 */
export function numberIn(file: CsvFile, row: CsvRow, index: number): number | null {
  const text = (row.cells[index] ?? '').trim();
  const value = NUMBER.test(text) ? Number(text) : Number.NaN;
  if (Number.isFinite(value)) return value;
  if (MISSING.has(text.toLowerCase())) return null;
  throw invalid(
    `line ${row.line} of '${file.path}', column '${file.columns[index] ?? index}': '${text.slice(0, 40)}' is not a finite number`,
    'Leave a cell empty where a value is missing.',
  );
}

/**
 * Columns of a CSV file as numbers, in the order of its rows.
 *
 * @param columns - names in the header, each once
 * @returns one array a column, all of one length; NaN where a value is missing
 * @throws {HeadgateError} INVALID_ARGUMENT naming what is wrong, with line and column where there are such
 */
export async function readNumericColumns(
  io: Io,
  path: string,
  columns: readonly string[],
  maxRows = 1_000_000,
): Promise<number[][]> {
  const file = await readCsv(io, path, maxRows);
  const indexes = columns.map((column) => columnIndex(file, column));
  const values: number[][] = columns.map(() => []);
  for await (const row of file.rows) {
    for (const [position, index] of indexes.entries()) {
      values[position]?.push(numberIn(file, row, index) ?? Number.NaN);
    }
  }
  if ((values[0]?.length ?? 0) === 0)
    throw invalid(`'${path}' has a header and no rows`, 'Write one row for each observation below it.');
  return values;
}

async function* recordsOf(
  path: string,
  bytes: AsyncIterable<Buffer>,
  maxRows: number,
): AsyncGenerator<CsvRow, undefined> {
  const parser = parse({
    bom: true,
    skip_empty_lines: true,
    max_record_size: MAX_RECORD_CHARACTERS,
    // The package's types let a record be changed into another of its own kind only.
    on_record: (cells, { lines }) => ({ line: lines, cells }) satisfies CsvRow as unknown as string[],
  });
  const records = pipeline(Readable.from(bytes, { objectMode: false }), parser, () => undefined);
  let count = -1;
  try {
    for await (const record of records as AsyncIterable<CsvRow>) {
      if (++count > maxRows)
        throw invalid(`'${path}' has more than ${maxRows} rows`, 'Split the file, and read its parts one by one.');
      yield record;
    }
  } catch (error) {
    throw error instanceof CsvError ? broken(path, error) : error;
  }
  return undefined;
}

function broken(path: string, error: CsvError): HeadgateError {
  const line = (error as { lines?: unknown }).lines;
  const message = error.message.replace(/ (?:on|at) line \d+/, '');
  return new HeadgateError(
    ErrorCode.InvalidArgument,
    `${typeof line === 'number' ? `line ${line} of '${path}'` : `'${path}'`} is not CSV: ${message}`,
    { cause: error, remedy: 'Columns are parted by commas, and cells with commas or quotes stand in double quotes.' },
  );
}

function invalid(message: string, remedy: string): HeadgateError {
  return new HeadgateError(ErrorCode.InvalidArgument, message, { remedy });
}
