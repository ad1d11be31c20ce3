import { randomUUID } from 'node:crypto';
import { MongoHoldoutsRepository } from '../../../store/holdouts-repository';
import { givenQuickPlan, RolloutHarness } from '../../support/rollout-harness';

describe('a rollout of a flag that a holdout covers', () => {
  let harness: RolloutHarness;
  let environment: string;

  beforeEach(async () => {
    environment = `e${randomUUID().slice(0, 8)}`;
    harness = await RolloutHarness.open();
    await harness.createFlag(environment, { tags: ['growth'] });
    await harness.work();
  });
  afterEach(() => harness.close());

  it('completes for all others and keeps its control for the keys held out', async () => {
    const createdAt = new Date().toISOString();
    const holdout = { key: 'year', weight: 10, salt: 's', covers: { tags: ['growth'] }, createdAt };
    const other = { ...holdout, key: 'elsewhere', covers: { tags: ['other'] } };
    const actor = { kind: 'token' as const, name: 'ada', verified: true };
    const edit = { actor, reason: 'to measure the year', at: createdAt };
    const repository = new MongoHoldoutsRepository(harness.database.db);
    await repository.put(environment, [holdout, other], 0, 'holdout.create', edit);
    const rollout = await harness.start(givenQuickPlan({ environment }));
    expect(await rollout.result()).toMatchObject({ outcome: 'completed' });
    const flag = await rollout.flag();
    expect(flag).toMatchObject({ defaultVariant: 'on', heldOut: { year: 'off' } });
    expect(flag.rollout).toBeUndefined();
    expect(await rollout.chainProblems()).toEqual([]);
  });
});
