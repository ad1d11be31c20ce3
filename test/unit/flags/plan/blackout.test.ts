import fc from 'fast-check';
import { isBlackedOut, neverEnds } from '../../../../flags/plan/blackout';
import type { Blackout } from '../../../../flags/plan/plan';
import { wallClockAt } from '../../../../flags/plan/time-zone';

const EVERY_DAY: Blackout['days'] = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const given = (timeZone: string, from: string, to: string, days: Blackout['days'] = EVERY_DAY): Blackout => ({
  timeZone,
  days,
  from,
  to,
});
const until = (blackouts: Blackout | readonly Blackout[], instant: string): string | null => {
  const found = isBlackedOut([blackouts].flat(), Date.parse(instant));
  return found === null ? null : new Date(found.untilMs).toISOString().replace(':00.000Z', 'Z');
};

describe('a blackout', () => {
  const fridayAfternoon = given('Europe/Berlin', '16:00', '24:00', ['fri']);

  it('is in force from its start, inclusive, to its end, exclusive, in its own time zone', () => {
    // 2026-01-16 is a Friday; Berlin is one hour ahead of UTC in winter.
    expect(until(fridayAfternoon, '2026-01-16T14:59:59.999Z')).toBeNull();
    expect(until(fridayAfternoon, '2026-01-16T15:00:00Z')).toBe('2026-01-16T23:00Z');
    expect(until(fridayAfternoon, '2026-01-16T22:59:59.999Z')).toBe('2026-01-16T23:00Z');
    expect(until(fridayAfternoon, '2026-01-16T23:00:00Z')).toBeNull();
  });

  it('follows the local clock in summer', () => {
    expect(until(fridayAfternoon, '2026-07-17T13:59:00Z')).toBeNull();
    expect(until(fridayAfternoon, '2026-07-17T14:00:00Z')).toBe('2026-07-17T22:00Z');
  });

  it('takes the weekday from the local calendar', () => {
    const monday = given('Asia/Tokyo', '00:00', '24:00', ['mon']);
    expect(until(monday, '2026-01-18T15:00:00Z')).toBe('2026-01-19T15:00Z');
    expect(until(monday, '2026-01-18T14:59:00Z')).toBeNull();
  });

  it('over midnight belongs to the day it starts on', () => {
    const night = given('America/New_York', '22:00', '06:00', ['fri']);
    expect(until(night, '2026-01-17T03:00:00Z')).toBe('2026-01-17T11:00Z');
    expect(until(night, '2026-01-17T10:59:00Z')).toBe('2026-01-17T11:00Z');
    expect(until(night, '2026-01-16T10:59:00Z')).toBeNull();
    expect(until(night, '2026-01-18T04:00:00Z')).toBeNull();
  });

  it('with equal ends lasts one local day', () => {
    expect(until(given('UTC', '09:00', '09:00', ['wed']), '2026-01-14T10:00:00Z')).toBe('2026-01-15T09:00Z');
  });
});

describe('when clocks are set forward', () => {
  it('a night in Berlin is an hour shorter', () => {
    const night = given('Europe/Berlin', '22:00', '06:00', ['sat']);
    expect(until(night, '2026-03-28T21:00:00Z')).toBe('2026-03-29T04:00Z');
  });

  it('an edge that the clocks skip is the change itself', () => {
    // Berlin skips 02:00-03:00 at 2026-03-29T01:00Z, New York at 2026-03-08T07:00Z.
    expect(until(given('Europe/Berlin', '23:00', '02:30'), '2026-03-28T23:00:00Z')).toBe('2026-03-29T01:00Z');
    expect(until(given('Europe/Berlin', '02:30', '04:00'), '2026-03-29T00:59:59.999Z')).toBeNull();
    expect(until(given('Europe/Berlin', '02:30', '04:00'), '2026-03-29T01:00:00Z')).toBe('2026-03-29T02:00Z');
    expect(until(given('America/New_York', '23:00', '02:30'), '2026-03-08T06:00:00Z')).toBe('2026-03-08T07:00Z');
  });

  it('a span that is skipped whole is not in force', () => {
    expect(until(given('America/New_York', '02:10', '02:50'), '2026-03-08T07:00:00Z')).toBeNull();
    expect(until(given('America/New_York', '02:10', '02:50'), '2026-03-08T06:59:59.999Z')).toBeNull();
  });
});

describe('when clocks are set back', () => {
  it('a night in New York is an hour longer', () => {
    const night = given('America/New_York', '22:00', '06:00', ['sat']);
    expect(until(night, '2026-11-01T02:00:00Z')).toBe('2026-11-01T11:00Z');
  });

  it('a span starts at the first reading of its start and ends at the last reading of its end', () => {
    // Berlin shows 02:00-03:00 twice, from 2026-10-25T00:00Z and again from 01:00Z.
    const span = given('Europe/Berlin', '02:15', '02:30');
    expect(until(span, '2026-10-25T00:14:00Z')).toBeNull();
    expect(until(span, '2026-10-25T00:15:00Z')).toBe('2026-10-25T01:30Z');
    expect(until(span, '2026-10-25T01:29:00Z')).toBe('2026-10-25T01:30Z');
    expect(until(span, '2026-10-25T01:30:00Z')).toBeNull();
  });

  it('a midnight that comes twice ends the span the second time', () => {
    // Santiago goes from 24:00 back to 23:00 on 2026-04-04, at 2026-04-05T03:00Z.
    const evening = given('America/Santiago', '23:30', '24:00', ['sat']);
    expect(until(evening, '2026-04-05T02:30:00Z')).toBe('2026-04-05T04:00Z');
    expect(until(evening, '2026-04-05T03:10:00Z')).toBe('2026-04-05T04:00Z');
  });
});

describe('several blackouts', () => {
  it('that overlap or touch end where the last of them ends', () => {
    const week = [
      given('Europe/Berlin', '16:00', '24:00', ['fri']),
      given('Europe/Berlin', '00:00', '24:00', ['sat', 'sun']),
      given('America/New_York', '17:00', '20:00', ['sun']),
    ];
    // Sunday 20:00 in New York is Monday 01:00 UTC; the Berlin weekend ends on Sunday 23:00 UTC.
    expect(until(week, '2026-01-16T15:30:00Z')).toBe('2026-01-19T01:00Z');
  });

  it('with a gap between them end at the gap', () => {
    const days = [given('UTC', '08:00', '10:00'), given('UTC', '10:01', '12:00')];
    expect(until(days, '2026-01-14T09:00:00Z')).toBe('2026-01-14T10:00Z');
    expect(until(days, '2026-01-14T10:00:30Z')).toBeNull();
  });

  it('that cover the week are known never to end', () => {
    expect(neverEnds([given('UTC', '00:00', '24:00')])).toBe(true);
    expect(neverEnds([given('Europe/Berlin', '08:00', '20:00'), given('Europe/Berlin', '20:00', '08:00')])).toBe(true);
    expect(neverEnds([given('UTC', '00:00', '23:59')])).toBe(false);
    expect(neverEnds([])).toBe(false);
  });

  it('none of them never delays', () => {
    expect(until([], '2026-01-14T09:00:00Z')).toBeNull();
  });
});

describe('at any instant', () => {
  const minute = fc.integer({ min: 0, max: 1439 });
  const time = (minutes: number): string =>
    `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
  const blackout = fc
    .record({
      timeZone: fc.constantFrom('Europe/Berlin', 'America/New_York', 'UTC', 'Asia/Kolkata', 'Australia/Lord_Howe'),
      days: fc.uniqueArray(fc.constantFrom(...EVERY_DAY), { minLength: 1 }),
      from: minute,
      to: minute,
    })
    .map(({ from, to, ...rest }) => ({ ...rest, from: time(from), to: time(to) }));
  const changes = ['2026-03-08T07:00Z', '2026-03-29T01:00Z', '2026-10-25T01:00Z', '2026-11-01T06:00Z'];
  const instant = fc
    .tuple(fc.constantFrom(...changes), fc.integer({ min: -129_600, max: 129_600 }))
    .map(([change, seconds]) => Date.parse(change) + seconds * 1000);

  const clockReads = ({ timeZone, days, from, to }: Blackout, instantMs: number): boolean => {
    const wall = wallClockAt(timeZone, instantMs);
    const names = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
    const on = (dayMs: number): boolean => (days as string[]).includes(names[new Date(dayMs).getUTCDay()] ?? '');
    const now = new Date(wall).toISOString().slice(11, 16);
    if (from < to) return on(wall) && from <= now && now < to;
    return (on(wall) && from <= now) || (on(wall - 86_400_000) && now < to);
  };

  it('is in force whenever the local clock reads within a span', () => {
    fc.assert(
      fc.property(blackout, instant, (span, at) => !clockReads(span, at) || isBlackedOut([span], at) !== null),
      { numRuns: 1000 },
    );
  });

  it('ends at an instant that is outside, and is in force at every instant before it', () => {
    fc.assert(
      fc.property(
        fc.array(blackout, { maxLength: 3 }),
        instant,
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (spans, at, share) => {
          const found = isBlackedOut(spans, at);
          if (found === null || neverEnds(spans)) return;
          expect(isBlackedOut(spans, found.untilMs)).toBeNull();
          expect(isBlackedOut(spans, Math.floor(at + (found.untilMs - at) * share))).toEqual(found);
        },
      ),
    );
  });

  it('differs from the plain reading of the clock only where a reading comes twice', () => {
    fc.assert(
      fc.property(blackout, instant, (span, at) => {
        if (isBlackedOut([span], at) === null || clockReads(span, at)) return;
        const nearby = [-3_600_000, 3_600_000].map((shift) => wallClockAt(span.timeZone, at + shift));
        expect(nearby.map((wall) => wall - at)).not.toEqual(
          [-3_600_000, 3_600_000].map((shift) => wallClockAt(span.timeZone, at) - at + shift),
        );
      }),
      { numRuns: 500 },
    );
  });
});
