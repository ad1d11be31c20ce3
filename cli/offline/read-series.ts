import { isCalendarDay } from '../../core/calendar-day';
import { ErrorCode, HeadgateError } from '../../core/errors';
import type { Io } from '../io';
import { columnIndex, numberIn, readCsv } from './read-csv';

/** One row of a recorded series. */
export interface SeriesRow {
  /** As written in the file. */
  readonly timestamp: string;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  /** Null where it is missing. */
  readonly value: number | null;
}

/** A number at least this large is milliseconds since the epoch, else seconds: the border is in 1973 or in the year 5138. */
const LEAST_MS = 1e11;
const WRITTEN = /^((\d{4})-(\d{2})-(\d{2}))(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)\s*(Z|[+-]\d{2}:?\d{2})?)?$/i;

/**
 * Streams a series from a CSV file, in the order of its rows.
 *
 * @param columns - names of the columns of instants and of values
 * @throws {HeadgateError} INVALID_ARGUMENT naming the line of an instant or value that cannot be read
 */
export async function* readSeries(
  io: Io,
  path: string,
  columns: { readonly time: string; readonly value: string },
): AsyncGenerator<SeriesRow, void> {
  const file = await readCsv(io, path);
  const time = columnIndex(file, columns.time);
  const value = columnIndex(file, columns.value);
  for await (const row of file.rows) {
    const timestamp = (row.cells[time] ?? '').trim();
    const atMs = instantOf(timestamp);
    if (Number.isNaN(atMs)) {
      throw new HeadgateError(
        ErrorCode.InvalidArgument,
        `line ${row.line} of '${path}', column '${columns.time}': '${timestamp.slice(0, 40)}' is no instant`,
        {
          remedy: 'Write a day that exists as 2026-01-31 12:00:00 or ISO 8601, or seconds or milliseconds since 1970.',
        },
      );
    }
    yield { timestamp, atMs, value: numberIn(file, row, value) };
  }
}

/**
 * Milliseconds since the epoch; NaN when it cannot be read, or its day does not exist. Without a zone it is taken as
 * UTC, so that no machine's own zone plays in.
 */
export function instantOf(text: string): number {
  if (/^\d+(?:\.\d+)?$/.test(text)) return Number(text) >= LEAST_MS ? Number(text) : Number(text) * 1000;
  const written = WRITTEN.exec(text);
  if (written === null) return Number.NaN;
  const [, day = '', year, month, dayOfMonth, time = '00:00', zone = 'Z'] = written;
  if (!isCalendarDay(Number(year), Number(month), Number(dayOfMonth))) return Number.NaN;
  return Date.parse(`${day}T${time.replace(/(\.\d{3})\d+$/, '$1')}${zone.toUpperCase()}`);
}
