import { TailHistogram } from '../../../../ml/anomaly/tail-histogram';
import { mulberry32 } from '../../../../ml/random/mulberry32';

describe('TailHistogram', () => {
  it('knows nothing of its first twenty values', () => {
    const tail = new TailHistogram();
    for (let i = 0; i < 19; i += 1) tail.add(1 + i);
    expect(tail.surprise(1e6)).toBe(0);
  });

  it('gives the tail of a Pareto distribution, also beyond what it has seen', () => {
    const random = mulberry32(11);
    const tail = new TailHistogram();
    // P(X > x) = x^-3.
    for (let i = 0; i < 20_000; i += 1) tail.add((1 - random()) ** (-1 / 3));
    for (const x of [1.5, 2, 4, 30]) {
      expect(tail.surprise(x) / (3 * Math.log(x))).toBeGreaterThan(0.8);
      expect(tail.surprise(x) / (3 * Math.log(x))).toBeLessThan(1.2);
    }
  });

  it('grows with the value', () => {
    const random = mulberry32(12);
    const tail = new TailHistogram();
    for (let i = 0; i < 1000; i += 1) tail.add(random());
    const surprises = [0.1, 0.5, 0.9, 1.2, 3, 100].map((value) => tail.surprise(value));
    expect(surprises).toEqual([...surprises].sort((a, b) => a - b));
  });

  it('forgets a regime that is over', () => {
    const tail = new TailHistogram();
    for (let i = 0; i < 500; i += 1) tail.add(100);
    const before = tail.surprise(100);
    for (let i = 0; i < 20_000; i += 1) tail.add(1 + (i % 10) / 10);
    expect(before).toBeLessThan(0.1);
    expect(tail.surprise(100)).toBeGreaterThan(5);
  });

  it('counts where almost everything is zero', () => {
    const tail = new TailHistogram();
    for (let i = 0; i < 999; i += 1) tail.add(i === 500 ? 3 : 0);
    expect(tail.surprise(0)).toBe(0);
    expect(tail.surprise(3)).toBeGreaterThan(5);
    expect(Number.isFinite(tail.surprise(Number.MAX_VALUE))).toBe(true);
  });
});
