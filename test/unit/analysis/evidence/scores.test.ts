import { mulberry32 } from '../../../../ml/random/mulberry32';
import { Metric } from '../../../../flags/plan/metric';
import type { ArmSample } from '../../../../analysis/arm-sample';
import { scoreCounts } from '../../../../analysis/evidence/score-counts';
import { scoreHistograms } from '../../../../analysis/evidence/score-histograms';
import { emptyScale, scoreValues } from '../../../../analysis/evidence/score-values';

const sample = (units: number, sum: number, change: Partial<ArmSample> = {}): ArmSample => ({
  units,
  sum,
  sumOfSquares: 0,
  unitSquares: units,
  cellUnits: [],
  cellSums: [],
  histogram: null,
  ...change,
});
const none = { sign: 1, absolute: 0, relative: 0 } as const;

describe('counts', () => {
  it('score nothing at the margin, relative and absolute', () => {
    const control = sample(9000, 90);
    const pair = { control, candidate: sample(1000, 1.5 * 10 + 4) };
    const scored = scoreCounts(pair, { sign: 1, absolute: 0.004, relative: 0.5 }, [2], true);
    expect(scored?.score).toBeCloseTo(0, 9);
    expect(scoreCounts({ control, candidate: sample(1000, 10) }, none, [2], true)?.score).toBeCloseTo(0, 9);
  });

  it('mirror where more is better: fewer sales than the margin allows are harm', () => {
    const more = { sign: -1, absolute: 0, relative: 0.2 } as const;
    const control = sample(5000, 500);
    expect(scoreCounts({ control, candidate: sample(5000, 400) }, more, [2], false)?.score).toBeCloseTo(0, 9);
    expect(scoreCounts({ control, candidate: sample(5000, 300) }, more, [2], false)?.score).toBeGreaterThan(0);
    expect(scoreCounts({ control, candidate: sample(5000, 600) }, more, [2], false)?.gains[0]).toBeLessThan(0);
  });

  it('have the variance of a two-by-two table', () => {
    const scored = scoreCounts({ control: sample(900, 90), candidate: sample(100, 10) }, none, [2], true);
    expect(scored?.information).toBeCloseTo(100 * 0.1 * 0.1 * (1 - 0.1) * 10 * 0.9, 9);
  });
});

describe('values', () => {
  it('score the relative difference beyond the margin by its variance', () => {
    const arm = (units: number, mean: number): ArmSample =>
      sample(units, units * mean, { sumOfSquares: units * (mean * mean + 400) });
    const pair = { control: arm(1000, 100), candidate: arm(1000, 130) };
    const scored = scoreValues(pair, { sign: 1, absolute: 0, relative: 0.1 }, [0.2], emptyScale());
    expect((scored?.score ?? 0) / (scored?.information ?? 1)).toBeCloseTo(0.2, 9);
    // Standard error of the difference at the margin: 20 × √(1/1000 + 1.21/1000) of a level of 100.
    expect(scored?.information).toBeCloseTo(1 / (0.04 * (2.21 / 1000)), -2);
  });
});

describe('histograms', () => {
  const metric = (change: object): Metric =>
    Metric.parse({ name: 'latency', kind: 'distribution', margin: { relative: 0 }, ...change });
  const arm = (counts: Record<string, number>): ArmSample => {
    const units = Object.values(counts).reduce((sum, count) => sum + count, 0);
    return sample(units, 0, { histogram: { zero: 0, counts } });
  };
  const shape = (shift: number, scale: number): ArmSample =>
    arm(Object.fromEntries([1, 5, 20, 40, 20, 9, 4, 1].map((count, bin) => [String(50 + bin + shift), count * scale])));

  it.each(['distribution', 'quantile'])('of two alike say nothing: %s', (kind) => {
    const scored = scoreHistograms(
      metric({ kind, quantile: 0.9 }),
      { control: shape(0, 9), candidate: shape(0, 1) },
      [0.3],
    );
    expect(scored?.score).toBeCloseTo(0, 9);
  });

  it('take the margin out of the values first', () => {
    const oneBin = 2 ** (1 / 8) - 1;
    const pair = { control: shape(0, 9), candidate: shape(1, 1) };
    expect(scoreHistograms(metric({ margin: { relative: oneBin } }), pair, [0.3])?.score).toBeCloseTo(0, 6);
    expect(scoreHistograms(metric({}), pair, [0.3])?.score).toBeGreaterThan(10);
    expect(scoreHistograms(metric({ direction: 'higher_is_better' }), pair, [0.3])?.score).toBeLessThan(-10);
  });

  it('gain at most 1 on average when which arm a value came from is chance', () => {
    const rng = mulberry32(3);
    for (const kind of ['distribution', 'quantile']) {
      let mean = 0;
      const draws = 4000;
      for (let draw = 0; draw < draws; draw++) {
        const values = Array.from({ length: 60 }, () => 40 + Math.floor(12 * rng() * rng()));
        const count = (from: number, to: number): Record<string, number> => {
          const counts: Record<string, number> = {};
          for (const value of values.slice(from, to)) counts[value] = (counts[value] ?? 0) + 1;
          return counts;
        };
        const pair = { candidate: arm(count(0, 12)), control: arm(count(12, 60)) };
        const scored = scoreHistograms(metric({ kind, quantile: 0.8 }), pair, [kind === 'quantile' ? 2 : 0.4]);
        mean += Math.exp(scored?.gains[0] ?? 0) / draws;
      }
      expect(mean).toBeLessThan(1.06);
      expect(mean).toBeGreaterThan(0.3);
    }
  });

  it('see a quantile that lies in the last bin of both arms together', () => {
    const pair = { control: arm({ '40': 784, '50': 16 }), candidate: arm({ '40': 400, '50': 400 }) };
    const scored = scoreHistograms(metric({ kind: 'quantile', quantile: 0.95 }), pair, [2]);
    expect(scored?.score).toBeCloseTo(192, 6);
  });

  it('of nothing, or of one arm alone, compare nothing', () => {
    expect(scoreHistograms(metric({}), { control: arm({}), candidate: shape(0, 1) }, [0.3])).toBeNull();
    expect(scoreHistograms(metric({}), { control: arm({ '50': 9 }), candidate: arm({ '50': 3 }) }, [0.3])).toBeNull();
  });
});
