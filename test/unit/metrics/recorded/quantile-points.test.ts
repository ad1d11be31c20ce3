import fc from 'fast-check';
import { countAbove, toOwnBins, upperEdge } from '../../../../metrics/recorded/native-histogram';
import { binsOfQuantiles } from '../../../../metrics/recorded/quantile-points';

const total = (bins: ReadonlyMap<number, number>): number => [...bins.values()].reduce((sum, count) => sum + count, 0);

describe('binsOfQuantiles', () => {
  it('holds exactly as many values as there were, and puts each point where it was said to be', () => {
    const points = [
      { level: 0.5, value: 80 },
      { level: 0.95, value: 210 },
      { level: 0.99, value: 330 },
    ];
    const bins = binsOfQuantiles(points, 100_000);
    expect(total(bins)).toBe(100_000);
    for (const { level, value } of points) {
      // Between the points lies a guess, and a bin is parted evenly: within a tenth of the tail above.
      expect(countAbove(bins, value) / 100_000).toBeCloseTo(1 - level, 2);
    }
  });

  it('comes near the shares of a lognormal between its points', () => {
    // Median 100 ms, σ 0.5: p95 = 100·e^(0.5·1.6449), p99 = 100·e^(0.5·2.3263); P(X > 150) = 1 − Φ(ln 1.5 / 0.5) = 0.2087.
    const bins = binsOfQuantiles(
      [
        { level: 0.5, value: 100 },
        { level: 0.95, value: 227.6 },
        { level: 0.99, value: 320 },
      ],
      1_000_000,
    );
    expect(countAbove(bins, 150) / 1e6).toBeGreaterThan(0.18);
    expect(countAbove(bins, 150) / 1e6).toBeLessThan(0.23);
  });

  it('keeps the number of values for any points', () => {
    const value = fc.double({ min: 0.01, max: 1e5, noNaN: true });
    fc.assert(
      fc.property(value, value, value, fc.integer({ min: 1, max: 50_000 }), (a, b, c, n) => {
        const [p50, p95, p99] = [a, b, c].sort((x, y) => x - y) as [number, number, number];
        const bins = binsOfQuantiles(
          [
            { level: 0.5, value: p50 },
            { level: 0.95, value: p95 },
            { level: 0.99, value: p99 },
          ],
          n,
        );
        return total(bins) === n && [...bins.values()].every((count) => count > 0);
      }),
      { numRuns: 200 },
    );
  });
});

describe('toOwnBins', () => {
  it('keeps schema 3, adds finer bins up, and puts coarser ones where their middle lies', () => {
    expect([...toOwnBins({ schema: 3, offset: 27, counts: [2, 0, 1] })]).toEqual([
      [27, 2],
      [29, 1],
    ]);
    // Schema 4: bins (2^((i-1)/16), 2^(i/16)]; 53 and 54 make up our 27.
    expect([...toOwnBins({ schema: 4, offset: 53, counts: [2, 3] })]).toEqual([[27, 5]]);
    // Schema 0: bin 4 is (8, 16]; its geometric middle 11.3 = 2^(28/8) ends our 28.
    expect([...toOwnBins({ schema: 0, offset: 4, counts: [7] })]).toEqual([[28, 7]]);
  });

  it('counts what lies above a limit, parting the bin that holds it', () => {
    const bins = new Map([
      [27, 10],
      [28, 10],
      [29, 10],
    ]);
    expect(countAbove(bins, upperEdge(27))).toBe(20);
    expect(countAbove(bins, upperEdge(27.5))).toBe(15);
    expect(countAbove(bins, upperEdge(40))).toBe(0);
  });
});
