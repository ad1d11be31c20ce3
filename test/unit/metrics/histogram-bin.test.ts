import fc from 'fast-check';
import { binOf } from '../../../metrics/histogram-bin';

describe('the bin of a value', () => {
  it.each([
    [1, 0],
    [2, 8],
    [1024, 80],
    [0.5, -8],
    [1.01, 1],
    [1e-300, -512],
  ])('of %d is %d', (value, bin) => {
    expect(binOf(value)).toBe(bin);
  });

  it('holds values above its lower and up to its upper bound', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1e12, noNaN: true }), (value) => {
        const k = binOf(value);
        expect(value).toBeLessThanOrEqual(2 ** (k / 8) * (1 + 1e-12));
        expect(value).toBeGreaterThan(2 ** ((k - 1) / 8) * (1 - 1e-12));
      }),
    );
  });
});
