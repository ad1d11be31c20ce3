import { armSample } from '../../../analysis/arm-sample';
import { Metric } from '../../../flags/plan/metric';
import type { ArmTotals, EventTotals } from '../../../metrics/windows';
import { NO_TOTALS } from '../../../metrics/sparse-totals';
import { givenArm } from '../../support/stratum-builders';

const metric = (written: Record<string, unknown>): Metric =>
  Metric.parse({ name: 'm', margin: { relative: 0.1 }, ...written });

const request = givenArm({ requests: 128, errors: 4, slow: 8, latencyMs: 100 }).events['request'] as EventTotals;
const withEvents = (events: Record<string, EventTotals>): ArmTotals => ({ ...NO_TOTALS, exposures: 10, events });
const refund: EventTotals = { ...request, count: 2, errors: 1, valueCount: 2, sum: 30, sumOfSquares: 500 };
const order: EventTotals = { ...request, count: 20, valueCount: 20, sum: 900, sumOfSquares: 50_000 };

describe('armSample', () => {
  it.each([
    ['error_rate', {}, 128, 4],
    ['slower_than', { threshold: 500 }, 128, 8],
    ['mean_value', {}, 128, 12_800],
    ['quantile', { quantile: 0.99 }, 128, 12_800],
    ['distribution', {}, 128, 12_800],
    ['events_per_exposure', {}, 10, 128],
  ] as const)('reads units and sum of %s', (kind, more, units, sum) => {
    const sample = armSample(metric({ kind, ...more }), withEvents({ request }));
    expect([sample.units, sample.sum, sample.unitSquares]).toEqual([units, sum, units]);
  });

  it('hands every value on in bins to metrics that are no mean, and to no other', () => {
    const arm = withEvents({ request: { ...request, histogram: { zero: 1, counts: { '54': 127 } } } });
    expect(armSample(metric({ kind: 'quantile', quantile: 0.9 }), arm).histogram).toEqual({
      zero: 1,
      counts: { '54': 127 },
    });
    expect(armSample(metric({ kind: 'distribution' }), arm).histogram?.zero).toBe(1);
    expect(armSample(metric({ kind: 'mean_value' }), arm).histogram).toBeNull();
  });

  it('divides one total by another, with the squares of both', () => {
    const arm = withEvents({ refund, order });
    const kind = 'ratio';
    const money = metric({
      kind,
      event: 'refund',
      measure: 'value',
      denominator: { event: 'order', measure: 'value' },
    });
    expect(armSample(money, arm)).toMatchObject({ sum: 30, units: 900, sumOfSquares: 500, unitSquares: 50_000 });
    const share = metric({ kind, event: 'refund', measure: 'count', denominator: { event: 'order' } });
    expect(armSample(share, arm)).toMatchObject({ sum: 2, units: 20, sumOfSquares: 2, unitSquares: 20 });
    const failed = metric({ kind, event: 'refund', measure: 'errors', denominator: { event: 'refund' } });
    expect(armSample(failed, arm)).toMatchObject({ sum: 1, units: 2 });
  });

  it('is 0 for a ratio without its numerator, and nothing without its denominator', () => {
    const ratio = metric({ kind: 'ratio', event: 'refund', denominator: { event: 'order' } });
    expect(armSample(ratio, withEvents({ order }))).toMatchObject({ sum: 0, units: 20 });
    expect(armSample(ratio, withEvents({ refund }))).toMatchObject({ sum: 0, units: 0 });
  });

  it('has no units of an event that nobody reported', () => {
    const kinds = ['error_rate', 'slower_than', 'mean_value', 'quantile', 'distribution'] as const;
    for (const kind of kinds) expect(armSample(metric({ kind }), withEvents({})).units).toBe(0);
  });
});
