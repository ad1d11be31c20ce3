import { betaShare, binomial, gamma, multinomial, poisson } from '../../../bench/judge/traces/draw';
import { traceSet } from '../../../bench/judge/traces/sets';
import { mulberry32 } from '../../../ml/random/mulberry32';

/** Mean and variance of many draws. */
function moments(draw: () => number, count = 40_000): { mean: number; variance: number } {
  const values = Array.from({ length: count }, draw);
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1) };
}

describe('draws of the simulators', () => {
  // Five standard errors at 40,000 draws: about 2.5 % of a standard deviation, 5 % of a variance.
  it.each([0.3, 9, 11, 400])('poisson(%d) has its mean and variance', (mean) => {
    const rng = mulberry32(1);
    const found = moments(() => poisson(rng, mean));
    expect(Math.abs(found.mean - mean)).toBeLessThan(0.025 * Math.sqrt(mean) + 1e-9);
    expect(found.variance / mean).toBeGreaterThan(0.93);
    expect(found.variance / mean).toBeLessThan(1.07);
  });

  it.each([
    [5, 0.5],
    [1000, 0.001],
    [60, 0.9],
    [500, 0.3],
    [100_000, 0.02],
  ])('binomial(%d, %d) has its mean and variance', (trials, share) => {
    const rng = mulberry32(2);
    const variance = trials * share * (1 - share);
    const found = moments(() => binomial(rng, trials, share));
    expect(Math.abs(found.mean - trials * share)).toBeLessThan(0.025 * Math.sqrt(variance));
    expect(found.variance / variance).toBeGreaterThan(0.93);
    expect(found.variance / variance).toBeLessThan(1.07);
  });

  it('gamma and beta have their means and variances, and a multinomial its total', () => {
    const rng = mulberry32(3);
    const ofGamma = moments(() => gamma(rng, 2.5));
    expect(ofGamma.mean).toBeCloseTo(2.5, 1);
    expect(ofGamma.variance).toBeCloseTo(2.5, 0);
    const ofBeta = moments(() => betaShare(rng, 0.05, 0.3));
    expect(ofBeta.mean).toBeCloseTo(0.05, 3);
    expect(Math.sqrt(ofBeta.variance) / 0.05).toBeCloseTo(0.3, 1);
    expect(multinomial(rng, 1000, [0.2, 0.3, 0.5]).reduce((sum, count) => sum + count, 0)).toBe(1000);
  });
});

describe('simulated traces', () => {
  it.each(['friendly', 'hostile'] as const)(
    'are the same for a seed with %s noise, and cells add up to the totals',
    (noise) => {
      const [first] = traceSet({ noise, cells: true, good: 1, bad: 0, seed: 3 });
      const [again] = traceSet({ noise, cells: true, good: 1, bad: 0, seed: 3 });
      expect(first).toEqual(again);
      const arms = (first?.minutes ?? [])
        .flatMap(({ control, candidate }) => [control, candidate])
        .filter((arm) => arm !== null);
      expect(arms.length).toBeGreaterThan(180);
      const total = (values: readonly number[] = []): number => values.reduce((sum, value) => sum + value, 0);
      for (const { requests, errors, bins, cells } of arms) {
        expect(total(cells?.requests)).toBe(requests);
        expect(total(cells?.errors)).toBe(errors);
        expect(total(bins)).toBe(requests);
      }
    },
  );
});
