import fc from 'fast-check';
import { logRobustEvidence } from '../../../../ml/sequential/robust-evidence';
import cases from '../../../fixtures/ml/robust.json';

describe('logRobustEvidence', () => {
  it.each(cases)(
    'agrees with numerical integration: $blocks blocks, deviance $deviance, residuals $residuals',
    (given) => {
      // The posterior chance that the shift is harm is that of a normal, not of a t: a few hundredths of a nat, and
      // only while there is little evidence.
      const tolerance = given.isHarm && given.deviance > 3 ? 0.03 : 0.2;
      expect(Math.abs(logRobustEvidence(given) - given.log)).toBeLessThan(tolerance);
    },
  );

  it('takes a shift for less, the more the blocks vary', () => {
    const sums = { blocks: 20, deviance: 25, isHarm: true, prior: 6 };
    const residuals = fc.double({ min: 0, max: 1e4, noNaN: true });
    fc.assert(
      fc.property(residuals, residuals, (a, b) => {
        const [less, more] = a < b ? [a, b] : [b, a];
        const calm = logRobustEvidence({ ...sums, residuals: less });
        expect(logRobustEvidence({ ...sums, residuals: more })).toBeLessThanOrEqual(calm + 1e-9);
      }),
    );
  });

  it('is no evidence before any block', () => {
    expect(logRobustEvidence({ blocks: 0, deviance: 0, isHarm: false, residuals: 0, prior: 6 })).toBe(0);
  });
});
