import fc from 'fast-check';
import { areaUnderRoc } from '../../../../ml/evaluation/auc';
import { bootstrap } from '../../../../ml/evaluation/bootstrap';
import { calibrationError, reliabilityBins } from '../../../../ml/evaluation/reliability';
import { averagePrecision, brierScore, effortAwareRecall } from '../../../../ml/evaluation/scores';
import { mulberry32 } from '../../../../ml/random/mulberry32';
import { predictionGolden } from '../../../support/prediction-golden';

const { scores, labels, auc, averagePrecision: average, brier } = predictionGolden;

describe('figures of predictions', () => {
  it('agree with scikit-learn, ties among them', () => {
    expect(areaUnderRoc(scores, labels)).toBeCloseTo(auc, 12);
    expect(averagePrecision(scores, labels)).toBeCloseTo(average, 12);
    expect(brierScore(scores, labels)).toBeCloseTo(brier, 12);
  });

  it('have no meaning where one class is missing', () => {
    expect(areaUnderRoc([0.1, 0.9], [0, 0])).toBeNaN();
    expect(areaUnderRoc([0.1, 0.9], [1, 1])).toBeNaN();
    expect(averagePrecision([0.1, 0.9], [0, 0])).toBeNaN();
    expect(effortAwareRecall([0.1], [0], [3], 0.2)).toBeNaN();
  });

  it('turn the AUC around when the scores turn', () => {
    const rows = fc.array(fc.tuple(fc.integer({ min: 0, max: 8 }), fc.constantFrom(0, 1)), { minLength: 2 });
    fc.assert(
      fc.property(rows, (pairs) => {
        const own = pairs.map(([score]) => score);
        const seen = pairs.map(([, label]) => label);
        const forwards = areaUnderRoc(own, seen);
        const backwards = areaUnderRoc(
          own.map((score) => -score),
          seen,
        );
        return Number.isNaN(forwards) ? Number.isNaN(backwards) : Math.abs(forwards + backwards - 1) < 1e-12;
      }),
    );
  });

  it('count failures found in a fifth of the lines, by hand', () => {
    // 100 lines in all, 20 to spend. By risk for each line: the second (.5 / 10), the third (.4 / 10), then the first
    // (.9 / 80).
    expect(effortAwareRecall([0.9, 0.5, 0.4], [1, 1, 0], [80, 10, 10], 0.2)).toBe(0.5);
    expect(effortAwareRecall([0.9, 0.5, 0.4], [1, 1, 0], [80, 10, 10], 1)).toBe(1);
  });

  it('measure calibration by hand', () => {
    const predicted = [0.12, 0.18, 0.95, 1];
    expect(reliabilityBins(predicted, [0, 1, 1, 1])).toEqual([
      { from: 0.1, to: 0.2, rows: 2, predicted: 0.15, observed: 0.5 },
      { from: 0.9, to: 1, rows: 2, predicted: 0.975, observed: 1 },
    ]);
    expect(calibrationError(predicted, [0, 1, 1, 1])).toBeCloseTo((2 * 0.35 + 2 * 0.025) / 4, 12);
  });

  it('get an interval that a seed repeats and that covers a known mean about as often as it says', () => {
    const rng = mulberry32(5);
    let covered = 0;
    for (let study = 0; study < 100; study++) {
      const sample = Float64Array.from({ length: 80 }, () => (rng() < 0.3 ? 1 : 0));
      const mean = (rows: Uint32Array): number =>
        rows.reduce((sum, row) => sum + (sample[row] as number), 0) / rows.length;
      const interval = bootstrap(80, mean, 200, mulberry32(study));
      if (interval.low <= 0.3 && interval.high >= 0.3) covered += 1;
      expect(bootstrap(80, mean, 20, mulberry32(study))).toEqual(bootstrap(80, mean, 20, mulberry32(study)));
    }
    expect(covered).toBeGreaterThanOrEqual(86);
  });
});
