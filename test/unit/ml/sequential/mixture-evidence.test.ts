import fc from 'fast-check';
import { mulberry32 } from '../../../../ml/random/mulberry32';
import { evidenceOf, logMeanEvidence, logMixtureEvidence } from '../../../../ml/sequential/mixture-evidence';
import golden from '../../../fixtures/ml/golden.json';

describe('logMixtureEvidence', () => {
  it.each(golden.mixture)('agrees with numerical integration at z $z after $information at $scale', (expected) => {
    const log = logMixtureEvidence(expected.z, expected.information, expected.scale);
    expect(Math.abs(log - expected.log)).toBeLessThan(1e-8 * (1 + Math.abs(expected.log)));
  });

  it('is no evidence before any information', () => {
    expect(logMixtureEvidence(5, 0, 16)).toBe(0);
  });

  it('grows with the score', () => {
    const z = fc.double({ min: -6, max: 20, noNaN: true });
    const information = fc.double({ min: 0.1, max: 1e7, noNaN: true });
    fc.assert(
      fc.property(z, fc.double({ min: 0.01, max: 5, noNaN: true }), information, (low, more, units) => {
        expect(logMixtureEvidence(low + more, units, 16)).toBeGreaterThanOrEqual(logMixtureEvidence(low, units, 16));
      }),
    );
  });

  it('reaches 1/0.05 in at most 5 % of walks without drift, looking at every step', () => {
    const rng = mulberry32(11);
    let crossed = 0;
    for (let walk = 0; walk < 1000; walk++) {
      let sum = 0;
      for (let step = 1; step <= 300; step++) {
        sum += rng() < 0.5 ? 1 : -1;
        if (logMixtureEvidence(sum / Math.sqrt(step), step, 16) < Math.log(20)) continue;
        crossed += 1;
        break;
      }
    }
    expect(crossed).toBeLessThanOrEqual(50);
    expect(crossed).toBeGreaterThan(5);
  });
});

describe('logMeanEvidence', () => {
  it('is the log of the mean, by hand', () => {
    expect(logMeanEvidence([Math.log(2), Math.log(4)])).toBeCloseTo(Math.log(3), 12);
    expect(logMeanEvidence([Math.log(8), 0], [0.25, 0.5])).toBeCloseTo(Math.log(2.5), 12);
  });

  it('neither overflows nor loses a zero', () => {
    expect(logMeanEvidence([5000, Number.NEGATIVE_INFINITY])).toBeCloseTo(5000 - Math.log(2), 9);
    expect(logMeanEvidence([])).toBe(0);
    expect(evidenceOf(5000)).toBe(1e300);
    expect(evidenceOf(Number.NEGATIVE_INFINITY)).toBe(0);
  });
});
