import { randomBytes, randomUUID } from 'node:crypto';
import { createReconcilerActivities } from '../../../activities/reconciler-activities';
import { createSupportActivities } from '../../../activities/rollout-support-activities';
import { Collection } from '../../../store/collections';
import { RolloutKeysRepository } from '../../../store/rollout-keys-repository';
import { givenQuickPlan, RolloutHarness, type StartedRollout } from '../../support/rollout-harness';

const patient = [{ weight: 10, bakeMs: 60_000, approval: false }];

/** What is left of a rollout's users in the database. */
async function usersOf({ database }: RolloutHarness, rolloutId: string) {
  const [key, hashes, cohorts] = await Promise.all([
    database.db.collection<{ _id: string }>(Collection.RolloutKeys).findOne({ _id: rolloutId }),
    database.db.collection(Collection.RolloutUsers).countDocuments({ rolloutId }),
    database.db.collection(Collection.RolloutCohorts).countDocuments({ rolloutId }),
  ]);
  return { fields: Object.keys(key ?? {}).sort(), hashes, cohorts };
}

const NOTHING = { fields: ['_id', 'createdAt', 'destroyedAt', 'flagId'], hashes: 0, cohorts: 0 };

describe('the key of the users of a rollout', () => {
  let harness: RolloutHarness;
  let environment: string;

  beforeAll(async () => {
    harness = await RolloutHarness.open();
    await harness.work();
  });
  afterAll(() => harness.close());
  beforeEach(async () => {
    environment = `e${randomUUID().slice(0, 8)}`;
    harness.source.candidate = { perCell: 40, errorRate: 0.01 };
    await harness.createFlag(environment);
  });

  /** What a server that counted a user left: the key, a window of hashes, and who was seen. */
  async function givenUsers(rolloutId: string): Promise<void> {
    const keys = new RolloutKeysRepository(harness.database.db, harness.database.clock);
    await keys.getOrCreate({ rolloutId, flagId: `${environment}/checkout` }, randomBytes(32));
    const at = (name: string) => harness.database.db.collection<{ _id: string; rolloutId: string }>(name);
    await at(Collection.RolloutUsers).insertOne({ _id: `${rolloutId}/window`, rolloutId });
    await at(Collection.RolloutCohorts).insertOne({ _id: `${rolloutId}/cohort`, rolloutId });
  }

  async function givenRollout(): Promise<StartedRollout> {
    const rollout = await harness.start(givenQuickPlan({ environment, steps: patient }));
    await rollout.until(({ phase }) => phase === 'progressing');
    await givenUsers(rollout.input.rolloutId);
    expect(await usersOf(harness, rollout.input.rolloutId)).toMatchObject({ hashes: 1, cohorts: 1 });
    return rollout;
  }

  it.each([
    ['aborted', async (rollout: StartedRollout) => rollout.send('abort')],
    ['superseded', async (rollout: StartedRollout) => rollout.send('supersede')],
    [
      'completed',
      async (rollout: StartedRollout) => rollout.send('promote', { full: true, force: true, reason: 'test' }),
    ],
    [
      'rolled_back',
      async () => {
        harness.source.candidate = { perCell: 40, errorRate: 0.5 };
      },
    ],
  ])('is destroyed when it is %s, with every hash', async (outcome, end) => {
    const rollout = await givenRollout();
    await end(rollout);
    expect(await rollout.result()).toMatchObject({ outcome });
    expect(await usersOf(harness, rollout.input.rolloutId)).toEqual(NOTHING);
  });

  it('is destroyed first when the tidying is cut off half-way, and the rest when it is tried again', async () => {
    const rolloutId = `r-${randomUUID().slice(0, 8)}`;
    await givenUsers(rolloutId);
    const ref = { rolloutId, environment, flagKey: 'checkout', control: 'off', candidate: 'on' };
    const compact = async () => Promise.reject(new Error('the process died'));
    const windows = { compact, readCompacted: async () => null };
    const dying = createSupportActivities({ ...harness.dependencies, windows });
    await expect(dying.cleanUpRollout(ref)).rejects.toThrow('the process died');
    expect(await usersOf(harness, rolloutId)).toEqual({ ...NOTHING, hashes: 1, cohorts: 1 });
    await createSupportActivities(harness.dependencies).cleanUpRollout(ref);
    expect(await usersOf(harness, rolloutId)).toEqual(NOTHING);
  });

  it('is destroyed by the reconciler when its workflow was terminated, and left alone while it lives', async () => {
    const rollout = await givenRollout();
    const reconciler = createReconcilerActivities(harness.dependencies);
    await reconciler.closeOrphans();
    expect(await usersOf(harness, rollout.input.rolloutId)).toMatchObject({ hashes: 1, cohorts: 1 });
    await rollout.handle.terminate('a test');
    expect(await reconciler.closeOrphans()).toContain(rollout.input.rolloutId);
    expect(await usersOf(harness, rollout.input.rolloutId)).toEqual(NOTHING);
  });
});
