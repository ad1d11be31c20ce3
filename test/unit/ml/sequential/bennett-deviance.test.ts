import fc from 'fast-check';
import { bennettDeviance } from '../../../../ml/sequential/bennett-deviance';
import golden from '../../../fixtures/ml/golden.json';

describe('bennettDeviance', () => {
  it.each(golden.bennett)('agrees with the searched optimum at $score, $variance, $jump', (expected) => {
    const found = bennettDeviance(expected.score, expected.variance, expected.jump);
    expect(Math.abs(found - expected.deviance)).toBeLessThan(1e-7 * expected.deviance);
  });

  it('is the Poisson deviance at jump 1', () => {
    expect(bennettDeviance(9, 1, 1)).toBeCloseTo(10 * Math.log(10) - 9, 12);
  });

  it('is the Gaussian exponent at jump 0 and never more than it', () => {
    const positive = fc.double({ min: 1e-3, max: 1e4, noNaN: true });
    fc.assert(
      fc.property(positive, positive, positive, (score, variance, jump) => {
        expect(bennettDeviance(score, variance, 0)).toBe((score * score) / (2 * variance));
        expect(bennettDeviance(score, variance, jump)).toBeLessThanOrEqual(
          ((score * score) / (2 * variance)) * (1 + 1e-9),
        );
      }),
    );
  });

  it('is continuous where the series takes over', () => {
    expect(bennettDeviance(1, 1, 0.000999999) / bennettDeviance(1, 1, 0.001000001)).toBeCloseTo(1, 8);
  });

  it.each([
    [0, 1],
    [-3, 1],
    [3, 0],
    [3, Number.NaN],
  ])('is 0 for score %p and variance %p', (score, variance) => {
    expect(bennettDeviance(score, variance, 1)).toBe(0);
  });
});
