import { randomUUID } from 'node:crypto';
import { givenQuickPlan, RolloutHarness } from '../../support/rollout-harness';

describe('a forecast that crosses, on real Temporal and the real database', () => {
  let harness: RolloutHarness;
  let environment: string;

  beforeEach(async () => {
    harness = await RolloutHarness.open();
    environment = `e${randomUUID().slice(0, 8)}`;
    await harness.createFlag(environment);
    await harness.work();
  });
  afterEach(() => harness.close());

  it('narrows before the measured value crosses, asks for a remedy, and records the numbers', async () => {
    // Errors grow with the load: 1.1 times control at 10 %, 1.3 times at 30 %, past the factor of 1.5 at 60 %.
    harness.source.control = { perCell: 2000, errorRate: 0.05 };
    harness.source.candidate = { perCell: 2000, errorRate: 0.055 };
    const plan = givenQuickPlan({ environment });
    const rollout = await harness.start({
      ...plan,
      steps: [10, 30, 60].map((weight) => ({ weight, bakeMs: weight === 10 ? 4000 : 60_000, approval: false })),
      metrics: plan.metrics.map((metric) => ({ ...metric, margin: { absolute: 0, relative: 9 }, factor: 1.5 })),
      risk: { anomalyWeight: 0.6, segmentWeight: 0.4, narrowAt: 50, rollbackAt: 80, remediate: true },
      preset: 'guarded',
    });
    await rollout.until(({ weight }) => weight === 30);
    harness.source.candidate = { perCell: 2000, errorRate: 0.065 };
    const narrowed = await rollout.until(({ phase }) => phase === 'narrowed', 50_000);
    expect(narrowed.weight).toBe(10);
    const records = await harness.dependencies.decisions.byRollout(rollout.input.rolloutId);
    const record = records.find(({ action }) => action === 'rollout.narrow');
    expect(record?.evidence?.[0]).toMatchObject({ code: 'FORECAST_CROSSES', metric: 'errors' });
    const numbers = record?.evidence?.[0]?.numbers ?? {};
    expect(numbers['measured']).toBeLessThan(1.5);
    expect(numbers['value']).toBeGreaterThan(1.5);
    expect(numbers['factor']).toBe(1.5);
    await rollout.send('abort', { reason: 'the test is over' });
    expect(await rollout.result()).toMatchObject({ outcome: 'aborted' });
  });
});
