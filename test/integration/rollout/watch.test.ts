import { randomUUID } from 'node:crypto';
import { givenQuickPlan, RolloutHarness } from '../../support/rollout-harness';

describe('watching after everybody is served, on real Temporal and the real database', () => {
  let harness: RolloutHarness;
  let environment: string;

  beforeEach(async () => {
    harness = await RolloutHarness.open();
    environment = `e${randomUUID().slice(0, 8)}`;
    await harness.createFlag(environment);
    await harness.work();
  });
  afterEach(() => harness.close());

  it('keeps the rollout until the watch is over, and then completes', async () => {
    const rollout = await harness.start(
      givenQuickPlan({ environment, watch: { forMs: 10_000, onAlarm: 'step_back' } }),
    );
    await rollout.until(({ weight }) => weight === 100);
    expect((await rollout.flag()).rollout).toMatchObject({ weight: 100 });
    expect(await rollout.result()).toMatchObject({ outcome: 'completed' });
    expect(await rollout.story()).toEqual([
      '1 rollout.start 10',
      '2 rollout.raise 50',
      '3 rollout.raise 100',
      '4 rollout.complete 100',
    ]);
    expect((await rollout.flag()).rollout).toBeUndefined();
    expect(await rollout.chainProblems()).toEqual([]);
  });
});
