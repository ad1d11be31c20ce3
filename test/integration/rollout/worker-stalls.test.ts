import { givenQuickPlan, RolloutHarness } from '../../support/rollout-harness';
import { replayHistory } from '../../support/replay-history';
import { newEnvironmentPath } from '../../support/operated-server';

/** Longer than a task of a workflow may take, and not much: what stands still is given up and taken up again. */
const STALL_MS = 3500;

/** Stands still, as a process that is starved or paused does. */
function stall(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, STALL_MS);
}

describe('a rollout whose worker stands still for longer than a task may take', () => {
  let harness: RolloutHarness;
  /** Saves of the projection until the next stall. */
  let savesLeft = Number.POSITIVE_INFINITY;

  beforeAll(async () => {
    harness = await RolloutHarness.open();
    const { rollouts } = harness.dependencies;
    const save = rollouts.save.bind(rollouts);
    Object.assign(rollouts, {
      save: async (projection: Parameters<typeof save>[0]) => {
        await save(projection);
        savesLeft -= 1;
        if (savesLeft === 0) stall();
      },
    });
    await harness.work();
  });
  afterAll(() => harness.close());

  it.each([1, 2, 3])(
    'after save %i goes on, and so does another worker that takes its history up',
    async (saves) => {
      const environment = newEnvironmentPath().split('/').at(-1) ?? '';
      await harness.createFlag(environment);
      savesLeft = saves;
      const steps = [{ weight: 10, bakeMs: 600_000, approval: false }];
      const rollout = await harness.start(givenQuickPlan({ environment, steps }));
      await rollout.until(({ lastLook }) => lastLook !== null);
      const { weight } = await rollout.send('setWeight', { weight: 5 });
      expect(weight).toBe(5);
      await rollout.until(({ bakedMs }) => bakedMs > 2000);
      await expect(replayHistory(rollout.handle)).resolves.toBeUndefined();
      await rollout.send('abort');
    },
    120_000,
  );
});
