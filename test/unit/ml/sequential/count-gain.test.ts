import { logCountGain, logExchangeableGain } from '../../../../ml/sequential/count-gain';

const logFactorial = (n: number): number => (n < 2 ? 0 : Math.log(n) + logFactorial(n - 1));
const poisson = (mean: number, n: number): number => Math.exp(n * Math.log(mean) - mean - logFactorial(n));
const choose = (n: number, k: number): number => Math.exp(logFactorial(n) - logFactorial(k) - logFactorial(n - k));

describe('logCountGain', () => {
  it.each([
    [0.4, 4, 0, 1.4],
    [0.4, 4, 0, 5],
    [2, 6, 0.5, 2],
    [0.1, 3, 1.5, 3.2],
  ])(
    'has mean 1 over Poisson counts of %d and %d with an allowance of %d, betting on %d',
    (tested, other, allowance, ratio) => {
      let mean = 0;
      for (let x = 0; x < 60; x++) {
        for (let y = 0; y < 60; y++) {
          const counts = { tested: x, all: x + y, share: tested / (tested + other), allowance };
          mean += poisson(tested + allowance, x) * poisson(other, y) * Math.exp(logCountGain(counts, ratio));
        }
      }
      expect(mean).toBeCloseTo(1, 9);
    },
  );

  it('gains what the likelihood ratio of the split says', () => {
    // 6 of 10 events where a tenth was due: binomial likelihood of odds twice as large against even odds.
    const share = (0.1 * 2) / (1 + 0.1);
    const expected = 6 * Math.log(share / 0.1) + 4 * Math.log((1 - share) / 0.9);
    expect(logCountGain({ tested: 6, all: 10, share: 0.1, allowance: 0 }, 2)).toBeCloseTo(expected, 12);
  });
});

describe('logExchangeableGain', () => {
  it.each([
    [20, 100, 50],
    [50, 100, 50],
    [30, 60, 3],
    [5, 400, 40],
  ])('has mean at most 1 over draws without replacement: %i of %i units, %i events', (tested, all, events) => {
    for (const ratio of [1.5, 2.2, 5]) {
      let mean = 0;
      for (let x = Math.max(0, events - (all - tested)); x <= Math.min(tested, events); x++) {
        const chance = (choose(tested, x) * choose(all - tested, events - x)) / choose(all, events);
        mean += chance * Math.exp(logExchangeableGain({ tested: x, all: events }, { tested, all }, ratio));
      }
      expect(mean).toBeLessThanOrEqual(1 + 1e-9);
      expect(mean).toBeGreaterThan(0.05);
    }
  });

  it('gains nothing from a window without events', () => {
    expect(logExchangeableGain({ tested: 0, all: 0 }, { tested: 5, all: 100 }, 2)).toBe(0);
  });
});
