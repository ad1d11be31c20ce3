import { countLeaves } from '../../../metrics/add-totals';
import { Compaction, type CompactWindow } from '../../../metrics/compaction';

function givenWindow(index: number, change: Partial<CompactWindow> = {}): CompactWindow {
  const cells = Object.fromEntries(Array.from({ length: 8 }, (_, cell) => [cell, 1]));
  return {
    windowStart: index * 10_000,
    windowMs: 10_000,
    transition: 1,
    variant: 'on',
    segment: '*',
    totals: {
      exposures: 8,
      exposureCells: cells,
      events: { request: { count: 8, sum: 80, over: { '0_5': 2 }, bins: { '-3': 8 }, cells: { count: cells } } },
    },
    ...change,
  };
}

function whenCompacted(windows: CompactWindow[], maxAmounts: number): CompactWindow[] {
  const compaction = new Compaction(10_000, maxAmounts);
  for (const window of windows) compaction.add(window);
  return compaction.result();
}

const amountsOf = (windows: CompactWindow[]): number =>
  windows.reduce((sum, { totals }) => sum + countLeaves(totals), 0);

describe('compacting the windows of an ended rollout', () => {
  it('keeps what fits as it is', () => {
    const windows = [givenWindow(0), givenWindow(1, { variant: 'off' }), givenWindow(2, { transition: 2 })];
    expect(whenCompacted(windows, 10_000)).toEqual(windows);
  });

  it('merges neighbours into longer windows, with the same sums, when there are too many', () => {
    const windows = Array.from({ length: 1000 }, (_, index) => givenWindow(index));
    const compacted = whenCompacted(windows, 500);
    expect(amountsOf(compacted)).toBeLessThanOrEqual(500);
    expect(compacted.length).toBeGreaterThan(10);
    const requests = compacted.map(({ totals }) => totals.events?.['request']);
    expect(requests.reduce((sum, request) => sum + (request?.count ?? 0), 0)).toBe(8000);
    expect(requests.reduce((sum, request) => sum + (request?.cells?.count?.['7'] ?? 0), 0)).toBe(1000);
    expect(requests.reduce((sum, request) => sum + (request?.over?.['0_5'] ?? 0), 0)).toBe(2000);
  });

  it('gives up the cells of segments, then segments, then cells, when length alone does not help', () => {
    const windows = Array.from({ length: 20 }, (_, index) =>
      givenWindow(0, { segment: index === 0 ? '*' : `s${index}` }),
    );
    const bare = whenCompacted(windows, 140);
    expect(bare).toHaveLength(20);
    expect(bare[0]?.totals.exposureCells).toBeDefined();
    expect(bare[1]?.totals).not.toHaveProperty('exposureCells');
    expect(whenCompacted(windows, 30).map(({ segment }) => segment)).toEqual(['*']);
    expect(whenCompacted(windows, 10)[0]?.totals).not.toHaveProperty('exposureCells');
  });

  it('ends with one window per transition and variant under the smallest limit', () => {
    const windows = Array.from({ length: 300 }, (_, index) => givenWindow(index * 1000));
    expect(whenCompacted(windows, 1)).toHaveLength(1);
  });
});
