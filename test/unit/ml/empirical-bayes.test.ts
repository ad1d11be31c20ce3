import fc from 'fast-check';
import { shrink } from '../../../ml/shrinkage/empirical-bayes';

/** Thirteen trials of the BCG vaccine (Colditz and others 1994): ill and well with it, ill and well without. */
const TRIALS = [
  [4, 119, 11, 128],
  [6, 300, 29, 274],
  [3, 228, 11, 209],
  [62, 13536, 248, 12619],
  [33, 5036, 47, 5761],
  [180, 1361, 372, 1079],
  [8, 2537, 10, 619],
  [505, 87886, 499, 87892],
  [29, 7470, 45, 7232],
  [17, 1699, 65, 1600],
  [186, 50448, 141, 27197],
  [5, 2493, 3, 2338],
  [27, 16886, 29, 17825],
] as const;

describe('shrink', () => {
  it('finds the mean and variance that the R package metafor reports for the BCG trials (method DL)', () => {
    const effects = TRIALS.map(([a, b, c, d]) => Math.log(a / (a + b) / (c / (c + d))));
    const variances = TRIALS.map(([a, b, c, d]) => 1 / a - 1 / (a + b) + 1 / c - 1 / (c + d));
    const { mean, variance } = shrink(effects, variances);
    expect(mean).toBeCloseTo(-0.7141, 4);
    expect(variance).toBeCloseTo(0.3088, 4);
  });

  it('puts all on their mean when chance explains how they differ', () => {
    const { effects, variance } = shrink([0.9, 1, 1.1], [1, 1, 1]);
    expect(variance).toBe(0);
    for (const effect of effects) expect(effect).toBeCloseTo(1, 12);
  });

  it('leaves each effect between itself and the mean, and the order of equally precise ones', () => {
    const sample = fc.array(fc.double({ min: -10, max: 10, noNaN: true }), { minLength: 3, maxLength: 20 });
    fc.assert(
      fc.property(sample, fc.double({ min: 0.01, max: 5, noNaN: true }), (effects, own) => {
        const { mean, effects: shrunk } = shrink(
          effects,
          Array.from(effects, () => own),
        );
        for (const [index, effect] of effects.entries()) {
          const moved = shrunk[index] as number;
          expect(Math.min(effect, mean) - 1e-9 <= moved && moved <= Math.max(effect, mean) + 1e-9).toBe(true);
        }
      }),
    );
  });

  it('leaves unknown effects out, and fewer than three as they are', () => {
    expect(shrink([1, Number.NaN, 3], [1, Number.NaN, 1]).effects).toEqual([1, Number.NaN, 3]);
    expect(shrink([], []).effects).toEqual([]);
  });
});
