import { startStack, type Stack } from '../../stack';
import { experimentStatusQuery } from '../../workflows/experiment/messages';
import { rolloutWorkflowId } from '../../workflows/rollout/messages';
import { pollUntil } from '../support/poll-until';
import { givenQuickPlan, RolloutHarness } from '../support/rollout-harness';
import { givenExperiment, StartedExperiment } from '../support/started-experiment';

describe('a history that grows long', () => {
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

  it('of a rollout goes on in fresh runs with all it knew, and still counts a repeated message once', async () => {
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

  it('of an experiment goes on in fresh runs with its time, its evidence and its wishes', async () => {
    const harness = await RolloutHarness.open();
    try {
      await harness.createFlag('longer');
      await harness.work();
      const plan = givenExperiment('longer', { endOnDecision: false, duration: '10m' });
      const experiment = await StartedExperiment.start(harness, plan);
      const firstRun = (await experiment.handle.describe()).runId;
      await experiment.until(({ phase }) => phase === 'running');
      await experiment.handle.signal('pause', { id: 'once', reason: 'lunch' });
      const before = await experiment.untilJudged();
      const chain = harness.client.workflow.getHandle(rolloutWorkflowId('longer', 'checkout'));
      await pollUntil(
        async () => (await chain.describe()).runId,
        (runId) => runId !== firstRun,
      );
      const after = await pollUntil(
        () => chain.query(experimentStatusQuery),
        ({ lastLook }) => (lastLook?.standing.sample ?? 0) > (before.lastLook?.standing.sample ?? 0),
      );
      expect(after).toMatchObject({ phase: 'paused', transition: 1, experimentId: experiment.input.experimentId });
      expect(after.ranMs).toBeGreaterThan(before.ranMs);
      await chain.executeUpdate('resume', { args: [{ id: 'back' }] });
      await chain.signal('pause', { id: 'once', reason: 'again' });
      await chain.executeUpdate('conclude', { args: [{ reason: 'enough' }] });
      expect(await chain.result()).toMatchObject({ outcome: 'concluded' });
      expect(await experiment.story()).toEqual(['1 experiment.start', '2 experiment.conclude']);
    } finally {
      await harness.close();
    }
  }, 180_000);
});
