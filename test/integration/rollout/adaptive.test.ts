import { randomUUID } from 'node:crypto';
import { givenQuickPlan, RolloutHarness } from '../../support/rollout-harness';

describe('an adaptive rollout on real Temporal and the real database', () => {
  let harness: RolloutHarness;
  let environment: string;

  beforeEach(async () => {
    harness = await RolloutHarness.open();
    environment = `e${randomUUID().slice(0, 8)}`;
    await harness.createFlag(environment);
    await harness.work();
  });
  afterEach(() => harness.close());

  it('moves by confidence instead of the steps of the plan, and completes', async () => {
    const rollout = await harness.start(givenQuickPlan({ environment, pace: 'adaptive' }));
    expect(await rollout.result()).toMatchObject({ outcome: 'completed' });
    const story = await rollout.story();
    expect(story[0]).toBe('1 rollout.start 10');
    expect(story.at(-1)).toMatch(/rollout\.complete 100$/);
    const weights = story.map((line) => Number(line.split(' ').at(-1)));
    // The plan would have gone from 10 to 50; the pace goes 10 or 30 points on, by what the evidence allows.
    expect([20, 40]).toContain(weights[1]);
    expect(await rollout.chainProblems()).toEqual([]);
  });

  it('goes back when confidence falls, and says so in the record', async () => {
    harness.source.candidate = { perCell: 40, errorRate: 0.12 };
    const rollout = await harness.start(
      givenQuickPlan({
        environment,
        pace: 'adaptive',
        profile: 'fast',
        falseRollbackRate: 1e-200,
        steps: [
          { weight: 10, bakeMs: 60_000, approval: false },
          { weight: 50, bakeMs: 60_000, approval: false },
        ],
      }),
    );
    await rollout.until(({ phase }) => phase === 'narrowed');
    expect(await rollout.story()).toEqual(['1 rollout.start 10', '2 rollout.narrow 0']);
    const records = await harness.dependencies.decisions.byRollout(rollout.input.rolloutId);
    expect(records.at(-1)?.evidence?.[0]).toMatchObject({ code: 'LOW_CONFIDENCE' });
    await rollout.send('abort', { reason: 'the test is over' });
    expect(await rollout.result()).toMatchObject({ outcome: 'aborted' });
  });
});
