import fc from 'fast-check';
import { binOf } from '../../../../metrics/histogram-bin';
import { classicBuckets, countAbove, countOf, sumOfSquares, toBins } from '../../../../metrics/prometheus/buckets';

const CLASSIC = classicBuckets(
  new Map([
    ['+Inf', 100],
    ['0.1', 40],
    ['0.5', 97],
    ['0.25', 90],
  ]),
);

describe('buckets of a classic histogram', () => {
  it('are differences of cumulative counts, whatever their order', () => {
    expect(CLASSIC).toEqual([
      { lower: 0, upper: 0.1, count: 40 },
      { lower: 0.1, upper: 0.25, count: 50 },
      { lower: 0.25, upper: 0.5, count: 7 },
      { lower: 0.5, upper: Infinity, count: 3 },
    ]);
    expect(countOf(CLASSIC)).toBe(100);
  });

  it.each([
    [0.1, 60, false],
    [0.25, 10, false],
    [0.5, 3, false],
    [0.3, 3 + (7 * Math.log(0.5 / 0.3)) / Math.log(2), true],
    [2, 0, true],
  ])('tell how many are above %d', (threshold, above, isCut) => {
    const { count, cut } = countAbove(CLASSIC, threshold);
    expect(count).toBeCloseTo(above, 9);
    expect(cut !== null).toBe(isCut);
  });

  it('stand in the bins of their upper bounds, the open one above its lower', () => {
    expect(toBins(CLASSIC)).toEqual({
      zero: 0,
      counts: { [binOf(0.1)]: 40, [binOf(0.25)]: 50, [binOf(0.5)]: 7, [binOf(0.5) + 1]: 3 },
    });
  });

  it('allow no less scatter than their sum does', () => {
    expect(sumOfSquares([], 0)).toBe(0);
    // Uniform within (0.1, 0.25]: (b³ − a³) / (3 (b − a)).
    expect(sumOfSquares([{ lower: 0.1, upper: 0.25, count: 4 }], 0.7)).toBeCloseTo(
      4 * ((0.25 ** 3 - 0.1 ** 3) / 0.45),
      12,
    );
    fc.assert(
      fc.property(
        fc.array(fc.nat(50), { minLength: 4, maxLength: 4 }),
        fc.double({ min: 0.01, max: 100, noNaN: true }),
        (counts, sum) => {
          const buckets = CLASSIC.map((bucket, index) => ({ ...bucket, count: counts[index] ?? 0 }));
          const count = countOf(buckets);
          fc.pre(count > 0);
          expect(sumOfSquares(buckets, sum)).toBeGreaterThanOrEqual((sum * sum) / count - 1e-9);
        },
      ),
    );
  });
});
