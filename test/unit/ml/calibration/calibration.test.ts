import fc from 'fast-check';
import { applyIsotonic, fitIsotonic } from '../../../../ml/calibration/isotonic';
import { applyPlatt, fitPlatt } from '../../../../ml/calibration/platt';
import { calibrationError } from '../../../../ml/evaluation/reliability';
import { logOddsOf, probabilityOf } from '../../../../ml/models/logit';
import { mulberry32 } from '../../../../ml/random/mulberry32';
import { predictionGolden } from '../../../support/prediction-golden';

/** Rows whose true log odds are `slope × odds + intercept`. */
function givenRows(rows: number, slope: number, intercept: number): { odds: Float64Array; labels: Float64Array } {
  const rng = mulberry32(3);
  const odds = Float64Array.from({ length: rows }, () => 6 * rng() - 3);
  return { odds, labels: odds.map((each) => (rng() < probabilityOf(slope * each + intercept) ? 1 : 0)) };
}

describe('calibration', () => {
  it('finds slope and intercept by Platt’s method', () => {
    const { odds, labels } = givenRows(40_000, 0.5, -1);
    const platt = fitPlatt(odds, labels);
    expect(platt.slope).toBeCloseTo(0.5, 1);
    expect(platt.intercept).toBeCloseTo(-1, 1);
    expect(
      calibrationError(
        odds.map((each) => applyPlatt(platt, each)),
        labels,
      ),
    ).toBeLessThan(0.01);
    expect(calibrationError(odds.map(probabilityOf), labels)).toBeGreaterThan(0.15);
  });

  it('leaves scores nearly as they are when rows are few, and never turns ranks around', () => {
    expect(fitPlatt([], [])).toEqual({ slope: 1, intercept: 0 });
    expect(fitPlatt([2, -2], [1, 0]).slope).toBeCloseTo(1, 1);
    const { odds, labels } = givenRows(5000, -1, 0);
    expect(fitPlatt(odds, labels).slope).toBe(0);
  });

  it('pools as scikit-learn’s isotonic regression does', () => {
    const { scores, labels, isotonicAtScores } = predictionGolden;
    const { value } = fitIsotonic(scores, labels);
    const expected = [...new Set(isotonicAtScores.map((each) => each.toFixed(9)))].sort();
    expect(value.map((each) => each.toFixed(9))).toEqual(expected);
  });

  it('never falls by isotonic regression, and keeps the mean', () => {
    const rows = fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0, 1)), {
      minLength: 1,
    });
    fc.assert(
      fc.property(rows, (pairs) => {
        const fitted = fitIsotonic(
          pairs.map(([score]) => score),
          pairs.map(([, label]) => label),
        );
        let before = -1;
        for (let score = -0.1; score <= 1.1; score += 0.05) {
          const now = applyIsotonic(fitted, score);
          if (now < before - 1e-12 || now < 0 || now > 1) return false;
          before = now;
        }
        return true;
      }),
    );
  });

  it('turns log odds into probabilities and back', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -12, max: 12, noNaN: true }),
        (odds) => Math.abs(logOddsOf(probabilityOf(odds)) - odds) < 1e-6,
      ),
    );
  });
});
