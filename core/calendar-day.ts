/**
 * Whether a day exists. `Date.parse` takes February 31st for March 3rd, so that a slip of the pen would be another day
 * instead of an error.
 *
 * @param month - from 1
 */
export function isCalendarDay(year: number, month: number, day: number): boolean {
  if (!(month >= 1 && month <= 12 && day >= 1)) return false;
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return day <= (month === 2 ? (leap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31);
}
