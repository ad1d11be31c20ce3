import { ErrorCode, HeadgateError } from '../../core/errors';
import { readRow, type RowFields } from '../../metrics/recorded/read-row';
import type { RecordedArm } from '../../metrics/recorded/recorded-arm';
import type { Io } from '../io';
import { openData, readLines } from './open-data';
import { numberIn, readCsvBytes, type CsvFile, type CsvRow } from './read-csv';
import type { RecordingFile, RecordingFormat } from './recording-files';

/** Columns of a recording that are text; all others of a CSV file are numbers. */
const TEXT_COLUMNS = new Set(['trace_id', 'variant']);

/** What to read of a recording. */
export interface RecordingQuery {
  /** Names of events whose columns are wanted. */
  readonly events: readonly string[];
  /** Told the columns of each file when its first line is read; may refuse them by throwing. */
  readonly onColumns: (path: string, columns: readonly string[]) => void;
}

/**
 * Lines of recordings, one file after the other, as they are consumed.
 *
 * @throws {HeadgateError} INVALID_ARGUMENT, on iteration, naming file, line and field of what cannot be read
 */
export async function* readRecording(
  io: Io,
  files: readonly RecordingFile[],
  query: RecordingQuery,
): AsyncGenerator<RecordedArm> {
  for (const { path, format } of files) {
    const bytes = openData(io, path);
    const [told, rest] = format === undefined ? await formatOfContent(bytes) : [format, bytes];
    yield* told === 'csv' ? csvRows(path, rest, query) : jsonRows(path, rest, query);
  }
}

/**
 * How lines are written where no name tells, as of standard input: an object a line begins with a brace, a header with
 * the name of a column.
 */
async function formatOfContent(bytes: AsyncGenerator<Buffer>): Promise<[RecordingFormat, AsyncGenerator<Buffer>]> {
  const head: Buffer[] = [];
  let begun = '';
  while (begun === '') {
    const next = await bytes.next();
    if (next.done === true) break;
    head.push(next.value);
    begun = Buffer.concat(head)
      .toString('utf8')
      .replace(/^\uFEFF/, '')
      .trimStart();
  }
  const whole = (async function* () {
    yield* head;
    yield* bytes;
  })();
  return [/^[A-Za-z_"]/.test(begun) ? 'csv' : 'jsonl', whole];
}

async function* jsonRows(path: string, bytes: AsyncIterable<Buffer>, { events, onColumns }: RecordingQuery) {
  let isFirst = true;
  for await (const { line, text } of readLines(path, bytes)) {
    if (text.trim() === '') continue;
    const value = jsonObject(path, line, isFirst ? text.replace(/^\uFEFF/, '') : text);
    const fields: RowFields = {
      get: (field) => (Object.hasOwn(value, field) ? value[field] : undefined),
      fail: (field, message) => refuse(path, line, field, message),
    };
    if (isFirst) onColumns(path, Object.keys(value));
    isFirst = false;
    yield readRow(fields, events);
  }
}

function jsonObject(path: string, line: number, text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new HeadgateError(ErrorCode.InvalidArgument, `line ${line} of '${path}' is not JSON`, {
      cause: error,
      remedy: 'A .jsonl file holds one JSON object a line; name a CSV file .csv.',
    });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  return refuse(path, line, '', 'is not a JSON object');
}

async function* csvRows(path: string, bytes: AsyncIterable<Buffer>, { events, onColumns }: RecordingQuery) {
  const file = await readCsvBytes(path, bytes);
  const indexes = new Map(file.columns.map((name, index) => [name, index]));
  onColumns(path, file.columns);
  for await (const row of file.rows) yield readRow(csvFields(file, indexes, row), events);
}

function csvFields(file: CsvFile, indexes: ReadonlyMap<string, number>, row: CsvRow): RowFields {
  return {
    get(field) {
      const index = indexes.get(field);
      if (index === undefined) return undefined;
      return TEXT_COLUMNS.has(field) ? row.cells[index]?.trim() : numberIn(file, row, index);
    },
    fail: (field, message) => refuse(file.path, row.line, field, message),
  };
}

function refuse(path: string, line: number, field: string, message: string): never {
  throw new HeadgateError(
    ErrorCode.InvalidArgument,
    `line ${line} of '${path}'${field === '' ? '' : `, ${field}`}: ${message}`,
    { remedy: 'docs/backtest.md describes the format.' },
  );
}
