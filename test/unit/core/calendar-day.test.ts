import { isCalendarDay } from '../../../core/calendar-day';

describe('days of the calendar', () => {
  it.each([
    [2026, 2, 28],
    [2024, 2, 29],
    [2000, 2, 29],
    [2026, 12, 31],
    [2026, 4, 30],
  ])('has %i-%i-%i', (...day) => expect(isCalendarDay(...day)).toBe(true));

  it.each([
    [2026, 2, 29],
    [1900, 2, 29],
    [2026, 4, 31],
    [2026, 1, 0],
    [2026, 1, 32],
    [2026, 0, 1],
    [2026, 13, 1],
    [Number.NaN, 1, Number.NaN],
  ])('has no %i-%i-%i', (...day) => expect(isCalendarDay(...day)).toBe(false));
});
