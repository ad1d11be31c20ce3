import { calibrationEvidence } from '../../../../ml/evaluation/calibration-drift';
import { mulberry32 } from '../../../../ml/random/mulberry32';

/** Probabilities between .02 and .4, whose log odds the truth leaves by `shift` from row `from` on. */
function evidenceOf(seed: number, rows: number, shift: number, from = 0): number {
  const random = mulberry32(seed);
  const said = Float64Array.from({ length: rows }, () => 0.02 + 0.38 * random());
  const labels = said.map((probability, row) => {
    const odds = (probability / (1 - probability)) * Math.exp(row < from ? 0 : shift);
    return random() < odds / (1 + odds) ? 1 : 0;
  });
  return calibrationEvidence(said, labels);
}

const alarms = (streams: number, of: (seed: number) => number): number =>
  Array.from({ length: streams }, (_, seed) => of(seed + 1)).filter((evidence) => evidence >= 20).length;

describe('evidence against calibration', () => {
  it('is 1 without rows, and a mean of likelihood ratios with one', () => {
    expect(calibrationEvidence([], [])).toBe(1);
    const shifts = [-1.5, -1, -0.5, 0.5, 1, 1.5];
    const ratios = shifts.map((shift) => (2 * Math.exp(shift)) / (1 + Math.exp(shift)));
    const mean = ratios.reduce((sum, ratio) => sum + ratio, 0) / shifts.length;
    expect(calibrationEvidence([0.5], [1])).toBeCloseTo(mean / 2 + 1 / 2, 12);
  });

  it('raises a false alarm in at most 5 % of calibrated streams, over their whole length', () => {
    // Three standard deviations above 5 % of 600 are 46.
    expect(alarms(600, (seed) => evidenceOf(seed, 400, 0))).toBeLessThanOrEqual(46);
  });

  it.each([
    ['from the beginning', 0],
    ['from the middle', 200],
  ])('finds ends that fail more often than said %s', (_when, from) => {
    expect(alarms(50, (seed) => evidenceOf(seed, 400, 1.2, from))).toBeGreaterThan(45);
  });

  it('finds ends that fail less often than said', () => {
    expect(alarms(50, (seed) => evidenceOf(seed, 400, -1.5))).toBeGreaterThan(45);
  });
});
