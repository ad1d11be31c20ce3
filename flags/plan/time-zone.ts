const DAY_MS = 86_400_000;
const formats = new Map<string, Intl.DateTimeFormat>();

/** Whether a name is an IANA time zone that this machine knows, such as `Europe/Berlin` or `UTC`. */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    formatOf(name);
    return true;
  } catch {
    return false;
  }
}

/**
 * What the clocks of a time zone show at an instant, as the milliseconds of the same reading in UTC.
 *
 * @throws {RangeError} on an unknown time zone
 */
export function wallClockAt(timeZone: string, instantMs: number): number {
  const read: Record<string, number> = {};
  for (const { type, value } of formatOf(timeZone).formatToParts(instantMs)) read[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = read;
  return Date.UTC(year, month - 1, day, hour, minute, second) + (((instantMs % 1000) + 1000) % 1000);
}

/**
 * The instants at which the clocks of a time zone show a reading (given as {@link wallClockAt} gives it). Two different
 * ones where clocks are set back over it; where they are set forward past it, both are the instant of the change.
 *
 * @throws {RangeError} on an unknown time zone
 */
export function instantsOf(timeZone: string, wallMs: number): { readonly first: number; readonly last: number } {
  const offsetAt = (instantMs: number): number => wallClockAt(timeZone, instantMs) - instantMs;
  // No zone is a whole day away from UTC, so the offsets a day before and after are those on both sides of any change.
  const candidates = [wallMs - offsetAt(wallMs - DAY_MS), wallMs - offsetAt(wallMs + DAY_MS)] as const;
  if (candidates[0] === candidates[1]) return { first: candidates[0], last: candidates[0] };
  const shown = candidates.filter((instantMs) => wallClockAt(timeZone, instantMs) === wallMs);
  if (shown.length > 0) return { first: Math.min(...shown), last: Math.max(...shown) };
  const change = firstInstantAtOrPast(timeZone, wallMs, Math.min(...candidates), Math.max(...candidates));
  return { first: change, last: change };
}

/** Bisects to the first instant whose reading is at or past `wallMs`: the change that skipped it. */
function firstInstantAtOrPast(timeZone: string, wallMs: number, fromMs: number, toMs: number): number {
  let before = fromMs - 1;
  let past = toMs;
  while (past - before > 1) {
    const middle = Math.floor((before + past) / 2);
    if (wallClockAt(timeZone, middle) >= wallMs) past = middle;
    else before = middle;
  }
  return past;
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formats.set(timeZone, format);
  }
  return format;
}
