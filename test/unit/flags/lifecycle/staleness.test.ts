import type { Flag } from '../../../../flags/document/flag';
import { servesEverybody, stalenessOf, type FlagUsage } from '../../../../flags/lifecycle/staleness';
import { givenFlag } from '../../../support/flag-builders';

const DAY_MS = 86_400_000;
const changedAt = '2026-01-01T00:00:00.000Z';
const unknown: FlagUsage = { state: 'unknown', why: 'it had no rollout' };
const rule = {
  name: 'germany',
  if: { attribute: 'country', operator: 'equals' as const, value: 'DE' },
  serve: { variant: 'on' },
};

function stored(change: Partial<Flag> = {}): Flag {
  return {
    ...givenFlag(),
    schemaVersion: 1,
    revision: 1,
    lastChange: { at: changedAt } as Flag['lastChange'],
    ...change,
  };
}
const reasonsAfter = (days: number, flag: Flag, usage: FlagUsage = unknown) =>
  stalenessOf(flag, usage, Date.parse(changedAt) + days * DAY_MS, 30 * DAY_MS).findings.map(({ reason }) => reason);

describe('a stale flag', () => {
  it('is one that serves everybody the same and has not changed for that long', () => {
    expect(reasonsAfter(29, stored())).toEqual([]);
    expect(reasonsAfter(30, stored())).toEqual(['rolled_out']);
    expect(reasonsAfter(60, stored({ rules: [rule] }))).toEqual([]);
  });

  it('is one that nobody was served, and not one of which nobody knows', () => {
    const usage: FlagUsage = { state: 'unseen', since: changedAt, rolloutId: 'checkout-1' };
    expect(reasonsAfter(1, stored(), usage)).toEqual(['unused']);
    expect(reasonsAfter(1, stored())).toEqual([]);
  });

  it('is one whose time is over, in whatever zone it is written', () => {
    const flag = stored({ expiresAt: '2026-01-11T02:00:00+02:00' });
    expect([reasonsAfter(9.99, flag), reasonsAfter(10, flag)]).toEqual([[], ['expired']]);
  });
});

describe('what everybody is served', () => {
  it.each<[string, Partial<Flag>, string | null | undefined]>([
    ['the default without rules', {}, 'off'],
    ['the off variant while it is off, whatever the rules', { enabled: false, rules: [rule] }, 'off'],
    ['the caller’s own default', { defaultVariant: undefined }, null],
    ['what all rules and the default agree on', { rules: [rule], defaultVariant: 'on' }, 'on'],
    ['nothing single, where a rule differs', { rules: [rule] }, undefined],
    [
      'nothing single, where a prerequisite may fail',
      { defaultVariant: 'on', prerequisites: [{ flag: 'a', variants: ['x'] }] },
      undefined,
    ],
    ['the same, where a failed prerequisite serves it too', { prerequisites: [{ flag: 'a', variants: ['x'] }] }, 'off'],
    ['nothing single under a live rollout', { rollout: {} as Flag['rollout'] }, undefined],
    [
      'a split that serves one variant alone',
      {
        defaultVariant: 'on',
        rules: [
          {
            ...rule,
            serve: {
              split: [
                { variant: 'on', weight: 100 },
                { variant: 'off', weight: 0 },
              ],
            },
          },
        ],
      },
      'on',
    ],
  ])('is %s', (_what, change, expected) => {
    expect(servesEverybody(stored(change))).toBe(expected);
  });
});
