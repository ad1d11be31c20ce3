import { leaseBody, leaseHeader, matchesEtag, remainingLeases } from '../../../../server/snapshot/lease-header';
import type { Snapshot } from '../../../../server/snapshot/snapshot-cache';
import { SnapshotHistory } from '../../../../server/snapshot/snapshot-history';
import { SnapshotTexts } from '../../../../server/snapshot/snapshot-texts';

const texts = new SnapshotTexts('production', { flags: [], segments: [] }, new SnapshotHistory());
const snapshot: Snapshot = {
  environment: 'production',
  etag: '"tag"',
  texts,
  flags: [],
  segments: [],
  observed: new Map(),
  rolloutIds: ['b', 'a', 'none'],
  leaseEndsAtMs: new Map([
    ['a', 1_500.9],
    ['b', 900],
  ]),
};

describe('leases of a snapshot', () => {
  it('are rounded down, never negative, in the order of the flags, and -1 where there is none', () => {
    expect(remainingLeases(snapshot, 1_000)).toEqual([0, 500, -1]);
    expect(leaseHeader([0, 500, -1])).toBe('0,500,-1');
    expect(leaseBody(snapshot, [0, 500, -1])).toEqual({ b: 0, a: 500 });
  });

  it('do not go into a header longer than 8 kB', () => {
    expect(leaseHeader(Array<number>(1_170).fill(300_000))).toHaveLength(8_189);
    expect(leaseHeader(Array<number>(1_171).fill(300_000))).toBeNull();
  });

  it.each([
    [undefined, false],
    ['"tag"', true],
    ['W/"tag"', true],
    ['"x", "tag"', true],
    ['*', true],
    ['"tags"', false],
    ['tag', false],
  ])('match If-None-Match %p: %p', (header, expected) => {
    expect(matchesEtag(header, '"tag"')).toBe(expected);
  });
});
