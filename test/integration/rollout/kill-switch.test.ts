import { randomUUID } from 'node:crypto';
import { MongoKillSwitchesRepository } from '../../../store/kill-switches-repository';
import { givenQuickPlan, RolloutHarness } from '../../support/rollout-harness';

const edit = (reason: string) => ({
  actor: { kind: 'token' as const, name: 'ada', verified: true },
  reason,
  at: new Date().toISOString(),
});

describe('a live rollout under the kill switch of its environment', () => {
  let harness: RolloutHarness;
  let environment: string;

  beforeEach(async () => {
    environment = `e${randomUUID().slice(0, 8)}`;
    harness = await RolloutHarness.open();
    await harness.createFlag(environment);
    await harness.work();
  });
  afterEach(() => harness.close());

  it('holds, keeps its lease, and goes on to its end once released', async () => {
    const { killSwitches, leases } = harness.dependencies;
    const slow = [{ weight: 10, bakeMs: 4000, approval: false }];
    const rollout = await harness.start(givenQuickPlan({ environment, steps: slow, onNoData: 'roll_back' }));
    await rollout.until(({ phase, lastLook }) => phase === 'progressing' && lastLook !== null);
    const repository = new MongoKillSwitchesRepository(harness.database.db);
    await repository.put(environment, true, 0, edit('the shop is down'));
    const held = await rollout.until(({ waitingFor }) => waitingFor === 'kill_switch');
    expect(held.summary).toContain('ada: the shop is down');
    await new Promise((resolve) => setTimeout(resolve, 6000));
    expect(await rollout.status()).toMatchObject({ phase: 'progressing', weight: 10, waitingFor: 'kill_switch' });
    expect((await leases.live(environment)).map(({ rolloutId }) => rolloutId)).toEqual([rollout.input.rolloutId]);
    expect(await rollout.send('promote', { force: true, reason: 'now' })).toMatchObject({ accepted: false });

    const { revision } = await killSwitches.get(environment);
    await repository.put(environment, false, revision, edit('it is up again'));
    expect(await rollout.result()).toMatchObject({ outcome: 'completed' });
    expect((await rollout.story()).map((line) => line.split(' ')[1])).toEqual([
      'rollout.start',
      'rollout.released',
      'rollout.complete',
    ]);
    expect(await rollout.chainProblems()).toEqual([]);
  });

  it('does not start while it is on, and starts once released', async () => {
    const repository = new MongoKillSwitchesRepository(harness.database.db);
    await repository.put(environment, true, 0, edit('the shop is down'));
    const rollout = await harness.start(givenQuickPlan({ environment }));
    await rollout.until(({ phase, waitingFor }) => phase === 'assessing' && waitingFor === 'kill_switch');
    expect((await rollout.flag()).rollout).toBeUndefined();
    await repository.put(environment, false, 1, edit('it is up again'));
    await rollout.until(({ phase }) => phase === 'progressing', 90_000);
    await rollout.send('abort', { reason: 'seen' });
  });
});
