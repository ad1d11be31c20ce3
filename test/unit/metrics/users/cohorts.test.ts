import * as fc from 'fast-check';
import { advanceCohorts, emptyCohorts, type Following, type UserWindow } from '../../../../metrics/users/cohorts';
import { packCohorts, unpackCohorts } from '../../../../metrics/users/pack-cohorts';

const WINDOW = 10_000;
const FOLLOWING: Following = {
  windowMs: WINDOW,
  followMs: 2 * WINDOW,
  totals: [
    { metric: 'bought', event: 'order', measure: 'any' },
    { metric: 'spent', event: 'order', measure: 'total' },
    { metric: 'wait', event: 'request', measure: 'mean' },
    { metric: 'slow', event: 'request', measure: 'any_slow', threshold: 0.5 },
  ],
  eventOf: (metric) => `user:${metric}`,
};
const ANA = 'AAAAAAAAAAAA';
const BEN = 'BBBBBBBBBBBB';

function window(index: number, users: Record<string, Record<string, number>>, cell = 3): UserWindow {
  return { windowStart: index * WINDOW, users: { [cell]: users } };
}

describe('users who are followed', () => {
  it('count once, in the window that completes their time, by all they did in it', () => {
    const cohorts = emptyCohorts();
    const windows = [
      window(0, { [ANA]: { x: 1, '0n': 1, '1n': 1, '1s': 20 } }),
      window(1, { [ANA]: { x: 1, '0n': 1, '1n': 1, '1s': 5, '2n': 2, '2s': 30 }, [BEN]: { x: 1 } }),
      window(2, { [ANA]: { x: 1, '1n': 1, '1s': 1_000 }, [BEN]: { x: 1, '3n': 4 } }),
    ];
    const counted = advanceCohorts(cohorts, windows, 2 * WINDOW, FOLLOWING);
    expect([...counted.keys()]).toEqual([WINDOW, 2 * WINDOW]);
    expect(Object.fromEntries(counted.get(WINDOW) ?? [])).toEqual({
      'events.user:bought.count': 1,
      'events.user:bought.cells.count.3': 1,
      'events.user:bought.errors': 1,
      'events.user:bought.cells.errors.3': 1,
      'events.user:spent.count': 1,
      'events.user:spent.cells.count.3': 1,
      'events.user:spent.valueCount': 1,
      'events.user:spent.cells.valueCount.3': 1,
      'events.user:spent.sum': 25,
      'events.user:spent.cells.sum.3': 25,
      'events.user:spent.sumOfSquares': 625,
      'events.user:wait.count': 1,
      'events.user:wait.cells.count.3': 1,
      'events.user:wait.valueCount': 1,
      'events.user:wait.cells.valueCount.3': 1,
      'events.user:wait.sum': 15,
      'events.user:wait.cells.sum.3': 15,
      'events.user:wait.sumOfSquares': 225,
      'events.user:slow.count': 1,
      'events.user:slow.cells.count.3': 1,
      'events.user:slow.valueCount': 1,
      'events.user:slow.cells.valueCount.3': 1,
    });
    const ben = counted.get(2 * WINDOW);
    expect(ben?.get('events.user:bought.count')).toBe(1);
    expect(ben?.has('events.user:bought.errors')).toBe(false);
    expect(ben?.get('events.user:spent.sum')).toBe(0);
    expect(ben?.get('events.user:slow.over.0_5')).toBe(1);
    // A mean of nothing is no value, so it is no unit either.
    expect(ben?.has('events.user:wait.count')).toBe(false);
  });

  it('do not enter by an outcome alone, nor twice', () => {
    const cohorts = emptyCohorts();
    const counted = advanceCohorts(
      cohorts,
      [window(0, { [ANA]: { '0n': 1 } }), window(1, { [ANA]: { x: 1 } }), window(5, { [ANA]: { x: 1, '0n': 1 } })],
      9 * WINDOW,
      FOLLOWING,
    );
    expect([...counted.keys()]).toEqual([2 * WINDOW]);
    expect(counted.get(2 * WINDOW)?.has('events.user:bought.errors')).toBe(false);
  });

  it('are not counted before their time is complete', () => {
    const cohorts = emptyCohorts();
    expect(advanceCohorts(cohorts, [window(0, { [ANA]: { x: 1 } })], 0, FOLLOWING).size).toBe(0);
    expect([...advanceCohorts(cohorts, [], WINDOW, FOLLOWING).keys()]).toEqual([WINDOW]);
  });

  const users = fc.dictionary(
    fc.constantFrom(...Array.from({ length: 8 }, (_, user) => Buffer.alloc(9, user + 1).toString('base64url'))),
    fc.record({
      x: fc.integer({ min: 0, max: 2 }),
      '0n': fc.integer({ min: 0, max: 2 }),
      '1s': fc.integer({ min: 0, max: 9 }),
    }),
  );
  const recorded = fc.array(users, { minLength: 1, maxLength: 12 });

  it('come to the same however often and in whatever portions it is looked, with the state stored in between', () => {
    fc.assert(
      fc.property(recorded, fc.array(fc.integer({ min: 0, max: 14 }), { maxLength: 8 }), (days, looks) => {
        const windows = days.map((inWindow, index) => window(index, inWindow));
        const whole = advanceCohorts(emptyCohorts(), windows, 14 * WINDOW, FOLLOWING);
        let cohorts = emptyCohorts();
        const parts = new Map<number, Map<string, number>>();
        for (const upTo of [...looks.sort((a, b) => a - b), 14]) {
          for (const [at, amounts] of advanceCohorts(cohorts, windows, upTo * WINDOW, FOLLOWING)) {
            expect(parts.has(at)).toBe(false);
            parts.set(at, amounts);
          }
          cohorts = unpackCohorts(packCohorts(cohorts));
        }
        expect([...parts].sort(([a], [b]) => a - b)).toEqual([...whole].sort(([a], [b]) => a - b));
      }),
    );
  });

  it('are as many as were ever exposed', () => {
    fc.assert(
      fc.property(recorded, (days) => {
        const windows = days.map((inWindow, index) => window(index, inWindow));
        const counted = advanceCohorts(emptyCohorts(), windows, 20 * WINDOW, FOLLOWING);
        let units = 0;
        for (const amounts of counted.values()) units += amounts.get('events.user:bought.count') ?? 0;
        const exposed = new Set(
          days.flatMap((inWindow) => Object.keys(inWindow).filter((user) => inWindow[user]!.x > 0)),
        );
        expect(units).toBe(exposed.size);
      }),
    );
  });
});
