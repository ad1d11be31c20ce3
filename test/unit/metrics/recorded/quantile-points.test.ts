import fc from 'fast-check';
import { normal } from '../../../../bench/judge/traces/draw';
import { countAbove, toOwnBins, upperEdge } from '../../../../metrics/recorded/native-histogram';
import { binsOfShape, shapeOfQuantiles } from '../../../../metrics/recorded/quantile-points';
import { mulberry32 } from '../../../../ml/random/mulberry32';

const total = (bins: ReadonlyMap<number, number>): number => [...bins.values()].reduce((sum, count) => sum + count, 0);

describe('the shape that quantile points describe', () => {
  const points = (p50: number, p95: number, p99: number) => [
    { level: 0.5, value: p50 },
    { level: 0.95, value: p95 },
    { level: 0.99, value: p99 },
  ];

  it('holds exactly as many values as there were, and puts each point where it was said to be', () => {
    const bins = binsOfShape(shapeOfQuantiles(points(80, 210, 330), 100_000), 100_000);
    expect(total(bins)).toBe(100_000);
    for (const { level, value } of points(80, 210, 330)) {
      // Between the points lies a guess, and a bin is parted evenly.
      expect(countAbove(bins, value) / 100_000).toBeCloseTo(1 - level, 2);
    }
  });

  it('comes near the shares of a lognormal between its points', () => {
    // Median 100 ms, σ 0.5: p95 = 100·e^(0.5·1.6449), p99 = 100·e^(0.5·2.3263); P(X > 150) = 1 − Φ(ln 1.5 / 0.5) = 0.2087.
    const bins = binsOfShape(shapeOfQuantiles(points(100, 227.6, 320), 1_000_000), 1_000_000);
    expect(countAbove(bins, 150) / 1e6).toBeGreaterThan(0.18);
    expect(countAbove(bins, 150) / 1e6).toBeLessThan(0.23);
  });

  it('uses no point with fewer than six values beyond it', () => {
    expect(shapeOfQuantiles(points(80, 210, 330), 11)).toHaveLength(0);
    expect(shapeOfQuantiles(points(80, 210, 330), 100)).toHaveLength(1);
    expect(shapeOfQuantiles(points(80, 210, 330), 130)).toHaveLength(2);
    expect(shapeOfQuantiles(points(80, 210, 330), 600)).toHaveLength(3);
  });

  it('does not take a small arm for slower than a large one when both are alike', () => {
    // 4,000 minutes of 150 and 6,000 lognormal values; what lies above the large arm's p50, p95 and p99 must be as many
    // in both.
    const rng = mulberry32(11);
    const draw = (n: number): number[] =>
      Array.from({ length: n }, () => 100 * Math.exp(0.5 * normal(rng))).sort((a, b) => a - b);
    const at = (sorted: readonly number[], level: number): number =>
      sorted[Math.min(sorted.length - 1, Math.floor(level * sorted.length))] as number;
    const read = (sorted: readonly number[]) => points(at(sorted, 0.5), at(sorted, 0.95), at(sorted, 0.99));
    const large = shapeOfQuantiles(read(draw(6000)), 6000);
    const limits = [100, 227.6, 320];
    const above = limits.map(() => 0);
    const minutes = 4000;
    for (let minute = 0; minute < minutes; minute++) {
      const bins = binsOfShape(shapeOfQuantiles(read(draw(150)), 150, large), 150);
      for (const [index, limit] of limits.entries())
        above[index] = (above[index] ?? 0) + countAbove(bins, limit) / minutes;
    }
    const expected = binsOfShape(large, 1_000_000);
    for (const [index, limit] of limits.entries()) {
      const wanted = (150 * countAbove(expected, limit)) / 1e6;
      expect([limit, (above[index] as number) / wanted > 0.8, (above[index] as number) / wanted < 1.08]).toEqual([
        limit,
        true,
        true,
      ]);
    }
  });

  it('keeps the number of values for any points', () => {
    const value = fc.double({ min: 0.01, max: 1e5, noNaN: true });
    const counts = fc.integer({ min: 12, max: 50_000 });
    fc.assert(
      fc.property(value, value, value, counts, counts, (a, b, c, n, m) => {
        const [p50, p95, p99] = [a, b, c].sort((x, y) => x - y) as [number, number, number];
        const other = shapeOfQuantiles(points(p50, p95, p99), m);
        const bins = binsOfShape(shapeOfQuantiles(points(p50 * 1.5, p95 * 1.2, p99 * 1.9), n, other), n);
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
