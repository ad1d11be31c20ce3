import type { Analysis } from '../../../analysis/types';
import { Metric } from '../../../flags/plan/metric';
import type { ArmTotals, Stratum } from '../../../metrics/windows';
import { givenWindows, whenLooking } from '../../support/stratum-builders';

/** Values of 200 requests around a bin, symmetric over eleven bins, in every cell alike. */
function withValues(arm: ArmTotals, middle: number): ArmTotals {
  const { request } = arm.events;
  if (request === undefined) return arm;
  const shares = [1, 4, 12, 24, 36, 46, 36, 24, 12, 4, 1];
  const counts = Object.fromEntries(shares.map((count, bin) => [String(middle - 5 + bin), count]));
  return { ...arm, events: { request: { ...request, histogram: { zero: 0, counts } } } };
}

const given = (count: number, { control = 54, candidate = 54 } = {}): Stratum[] =>
  givenWindows(count).map((stratum) => ({
    ...stratum,
    control: withValues(stratum.control, control),
    candidate: withValues(stratum.candidate, candidate),
  }));

const judged = (strata: readonly Stratum[], relative: number, nextWeight = 100): Analysis => {
  const metric = Metric.parse({ name: 'p90', kind: 'quantile', quantile: 0.9, margin: { relative } });
  return whenLooking(strata, { plan: { metrics: [metric] }, context: { nextWeight } }).analysis;
};

describe('a quantile guardrail', () => {
  it('is shown in the unit of its values, with an interval that shrinks', () => {
    const [finding] = judged(given(100), 0.1).findings;
    // 159 of 200 lie below bin 56 and 183 with it, so 180 lie 21/24 of the way through it on the log scale.
    expect(finding?.control).toBeCloseTo(2 ** ((55 + 21 / 24) / 8), 6);
    expect(finding?.harm).toBeCloseTo(0, 9);
    const width = ({ findings }: Analysis): number => (findings[0]?.harmUpper ?? 0) - (findings[0]?.harmLower ?? 0);
    expect(width(judged(given(100), 0.1))).toBeLessThan(width(judged(given(20), 0.1)) / 1.5);
    expect(finding?.harmLower).toBeLessThan(0);
    expect(finding?.harmUpper).toBeGreaterThan(0);
  });

  it('is shown to be safe within its margin, sooner before a small next weight', () => {
    expect(judged(given(100), 0.2).findings[0]?.safetyShown).toBe(true);
    const late = judged(given(8), 0.05).findings[0]?.safetyEvidence ?? 0;
    expect(judged(given(8), 0.05, 10).findings[0]?.safetyEvidence).toBeGreaterThan(late);
  });

  it('is not shown to be safe at its margin, nor rolled back within it', () => {
    const oneBin = 2 ** (1 / 8) - 1;
    const analysis = judged(given(150, { candidate: 55 }), oneBin);
    expect(analysis.findings[0]?.harm).toBeCloseTo((analysis.findings[0]?.control ?? 0) * oneBin, 6);
    expect(analysis.findings[0]?.safetyShown).toBe(false);
    expect(analysis.verdict).toBe('hold');
  });

  it('rolls back when the whole distribution has moved', () => {
    expect(judged(given(60, { candidate: 58 }), 0.1).verdict).toBe('rollback');
  });
});
