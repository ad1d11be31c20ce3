import { isCalendarDay } from '../../core/calendar-day';

const MISSING = new Set(['', 'na', 'n/a', 'nan', 'null', 'none', '?', '-', '<na>']);
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const YES = new Set(['true', 't', 'yes', 'y']);
const NO = new Set(['false', 'f', 'no', 'n']);

/** The number that a cell says, 1 and 0 for yes and no; NaN when it is missing, undefined when it is something else. */
export function parseNumber(cell: string): number | undefined {
  const text = cell.trim();
  if (NUMBER.test(text)) {
    const value = Number(text);
    return Number.isFinite(value) ? value : undefined;
  }
  const word = text.toLowerCase();
  if (MISSING.has(word)) return Number.NaN;
  if (YES.has(word)) return 1;
  return NO.has(word) ? 0 : undefined;
}

const FAILED = new Set([
  'buggy',
  'bug',
  'defective',
  'defect',
  'faulty',
  'failed',
  'failure',
  'bad',
  'rolled_back',
  'positive',
  'inducing',
]);
const WENT_WELL = new Set([
  'clean',
  'ok',
  'good',
  'passed',
  'success',
  'completed',
  'non-buggy',
  'not buggy',
  'negative',
  'non-inducing',
]);

/**
 * The label that a cell says: 1 for failed, counts above 0 among it, 0 for not; NaN when missing, undefined when it is
 * something else.
 */
export function parseLabel(cell: string): number | undefined {
  const number = parseNumber(cell);
  if (number !== undefined) return Number.isNaN(number) ? number : number > 0 ? 1 : 0;
  const word = cell.trim().toLowerCase();
  if (FAILED.has(word)) return 1;
  return WENT_WELL.has(word) ? 0 : undefined;
}

const ISO = /^\d{4}-\d{1,2}-\d{1,2}([T ]|$)/;
const HAS_ZONE = /(Z|[+-]\d{2}:?\d{2}|GMT|UTC)\s*(\([^)]*\))?$/i;

/** What a cell says of time. */
export interface ParsedTime {
  /** Milliseconds since 1970, or a bare number that only orders rows. */
  readonly value: number;
  readonly isInstant: boolean;
}

/**
 * The time that a cell says: seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by their size;
 * ISO 8601 and the forms of git and mail, in UTC where no zone stands. A smaller number orders rows and no more. NaN
 * when missing, undefined when it is something else, a day that does not exist among it.
 */
export function parseTime(cell: string): ParsedTime | undefined {
  const text = cell.trim();
  if (MISSING.has(text.toLowerCase())) return { value: Number.NaN, isInstant: false };
  if (NUMBER.test(text)) return ofNumber(Number(text));
  // Nobody can tell day and month apart.
  if (/^\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}/.test(text)) return undefined;
  if (!hasRealDay(text)) return undefined;
  const zoned = HAS_ZONE.test(text) ? text : `${text}${ISO.test(text) && /\d{1,2}:\d{2}/.test(text) ? 'Z' : ' UTC'}`;
  // `2017-05-03 12:00:00 +0200` is what git and pandas write, and what no standard reads.
  const tidy = ISO.test(zoned)
    ? zoned
        .replace(/^(\S+) /, '$1T')
        .replace(/ (?=[+-]\d|Z|UTC|GMT)/, '')
        .replace(/(UTC|GMT)$/i, 'Z')
    : zoned;
  const value = Date.parse(padDate(tidy));
  return Number.isNaN(value) ? undefined : { value, isInstant: true };
}

const NUMERIC_DAY = /^(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?!\d)/;
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const NAMED = MONTHS.join('|');
const DAY_FIRST = new RegExp(`(?:^|\\D)(\\d{1,2})[ -](${NAMED})[a-z]*[ -](\\d{4})`, 'i');
const MONTH_FIRST = new RegExp(`(${NAMED})[a-z]* (\\d{1,2})(?!\\d)[^\\d]*(?:\\d{1,2}:[\\d:.]+ )?(\\d{4})`, 'i');

/** False when a day is named that does not exist; forms in which none is found are left to the parser. */
function hasRealDay(text: string): boolean {
  const [, year, month, day] = NUMERIC_DAY.exec(text) ?? [];
  if (year !== undefined) return isCalendarDay(Number(year), Number(month), Number(day));
  const [, ofDay, dayName, ofYear] = DAY_FIRST.exec(text) ?? [];
  if (dayName !== undefined) return isCalendarDay(Number(ofYear), monthOf(dayName), Number(ofDay));
  const [, name, named, inYear] = MONTH_FIRST.exec(text) ?? [];
  return name === undefined || isCalendarDay(Number(inYear), monthOf(name), Number(named));
}

function monthOf(name: string): number {
  return MONTHS.indexOf(name.slice(0, 3).toLowerCase()) + 1;
}

function ofNumber(value: number): ParsedTime | undefined {
  if (!Number.isFinite(value)) return undefined;
  for (const perSecond of [1, 1e3, 1e6, 1e9]) {
    const seconds = value / perSecond;
    if (seconds >= 315_532_800 && seconds < 4_102_444_800) return { value: seconds * 1000, isInstant: true };
  }
  return { value, isInstant: false };
}

/** A bare date with its parts at full length and at midnight in UTC. */
function padDate(text: string): string {
  const date = /^(\d{4})-(\d{1,2})-(\d{1,2})(.*)$/.exec(text);
  if (date === null) return text;
  const [, year = '', month = '', day = '', rest = ''] = date;
  const time = rest === '' || /^(T?Z)$/.test(rest) ? 'T00:00:00Z' : rest;
  return `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}${time}`;
}
