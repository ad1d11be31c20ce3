import { startStack, type Stack } from '../../stack';
import { givenQuickPlan, RolloutHarness } from '../support/rollout-harness';

describe('a rollout whose history grows long', () => {
  let stack: Stack;
  const outside = { ...process.env };

  beforeAll(async () => {
    stack = await startStack({
      mode: 'attached',
      ports: { temporal: 0, temporalUi: 0, mongodb: 0 },
      env: { ...process.env, HEADGATE_TEMPORAL_ADDRESS: '', HEADGATE_MONGODB_URL: '' },
      // The server suggests a fresh run after a handful of looks instead of after hours.
      temporalSettings: { 'limit.historyCount.suggestContinueAsNew': 60 },
      log: () => undefined,
    });
    process.env['HEADGATE_TEMPORAL_ADDRESS'] = stack.temporal.address;
    process.env['HEADGATE_MONGODB_URL'] = stack.mongodb.url;
  });
  afterAll(async () => {
    process.env['HEADGATE_TEMPORAL_ADDRESS'] = outside['HEADGATE_TEMPORAL_ADDRESS'];
    process.env['HEADGATE_MONGODB_URL'] = outside['HEADGATE_MONGODB_URL'];
    await stack.stop();
  });

  it('goes on in fresh runs with all it knew, and still counts a repeated message once', async () => {
    const harness = await RolloutHarness.open();
    try {
      await harness.createFlag('long');
      await harness.work();
      const steps = [
        { weight: 10, bakeMs: 8_000, approval: false },
        { weight: 50, bakeMs: 8_000, approval: false },
      ];
      const rollout = await harness.start(givenQuickPlan({ environment: 'long', steps }));
      const firstRun = (await rollout.handle.describe()).runId;
      await rollout.until(({ phase }) => phase === 'progressing');
      await rollout.handle.signal('setWeight', { id: 'once', weight: 5 });
      await rollout.until(({ weight }) => weight === 5);
      const chain = harness.client.workflow.getHandle(rollout.handle.workflowId);
      const giveUpAt = Date.now() + 60_000;
      while ((await chain.describe()).runId === firstRun && Date.now() < giveUpAt) {
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
      expect((await chain.describe()).runId).not.toBe(firstRun);
      await chain.signal('setWeight', { id: 'once', weight: 2 });
      expect(await chain.result()).toMatchObject({ outcome: 'completed' });
      expect(await rollout.story()).toEqual([
        '1 rollout.start 10',
        '2 rollout.lower 5',
        '3 rollout.raise 10',
        '4 rollout.raise 50',
        '5 rollout.complete 100',
      ]);
      expect(await rollout.chainProblems()).toEqual([]);
    } finally {
      await harness.close();
    }
  }, 180_000);
});
