import { randomUUID } from 'node:crypto';
import { givenQuickPlan, RolloutHarness } from '../../support/rollout-harness';
import { givenExperiment, StartedExperiment } from '../../support/started-experiment';
import { WebhookReceiver } from '../../support/webhook-receiver';

describe('notifications', () => {
  let harness: RolloutHarness;
  let receiver: WebhookReceiver;

  beforeEach(async () => {
    receiver = await WebhookReceiver.open();
    harness = await RolloutHarness.open({ webhooks: [receiver.webhook] });
    await harness.work();
  });
  afterEach(async () => {
    await harness.close();
    await receiver.close();
  });

  it('are sent, signed and each under its own id, for approvals, pauses, lapses and ends', async () => {
    const environment = `e${randomUUID().slice(0, 8)}`;
    await harness.createFlag(environment);
    receiver.failures = 1;
    const approvals = { forbidStarter: false, allowUnverified: true };
    const steps = [{ weight: 10, bakeMs: 60_000, approval: true }];
    const rollout = await harness.start(givenQuickPlan({ environment, steps, approvals }));
    await receiver.until('approval_needed');
    await rollout.send('approve');
    await rollout.until(({ phase }) => phase === 'progressing');
    const past = new Date(Date.now() - 120_000);
    await harness.database.db.collection('leases').updateMany({}, { $set: { renewedAt: past } });
    await receiver.until('lapsed');
    await rollout.send('pause', { reason: 'a look at the charts' });
    await receiver.until('paused');
    await rollout.send('abort');
    await rollout.result();
    const { heard } = receiver;
    expect(heard.map(({ event }) => event)).toEqual(['approval_needed', 'lapsed', 'paused', 'aborted']);
    expect(heard.every(({ signed }) => signed)).toBe(true);
    expect(new Set(heard.map(({ id }) => id)).size).toBe(heard.length);
  });

  it('tell of a completion once', async () => {
    const environment = `e${randomUUID().slice(0, 8)}`;
    await harness.createFlag(environment);
    const rollout = await harness.start(givenQuickPlan({ environment }));
    await receiver.until('completed');
    expect(await rollout.result()).toMatchObject({ outcome: 'completed' });
    expect(receiver.heard.filter(({ event }) => event === 'completed')).toHaveLength(1);
  });

  it('are sent of an experiment when it pauses and how it ended', async () => {
    const environment = `e${randomUUID().slice(0, 8)}`;
    await harness.createFlag(environment);
    const plan = givenExperiment(environment, { endOnDecision: false, owner: 'shop' });
    const experiment = await StartedExperiment.start(harness, plan);
    await experiment.until(({ phase }) => phase === 'running');
    await experiment.send('pause', { reason: 'a look at the charts' });
    await receiver.until('experiment_paused');
    await experiment.untilJudged();
    await experiment.send('conclude', { reason: 'enough' });
    await experiment.result();
    const { heard } = receiver;
    expect(heard.map(({ event, signed }) => [event, signed])).toEqual([
      ['experiment_paused', true],
      ['experiment_concluded', true],
    ]);
    const { experimentId } = experiment.input;
    const common = { experiment: experimentId, environment, flagKey: 'checkout', owner: 'shop' };
    expect(heard[0]?.body).toMatchObject({ ...common, conclusion: null, text: 'operator: a look at the charts' });
    expect(heard[1]?.body).toMatchObject({ ...common, conclusion: { kind: 'inconclusive' } });
  });
});
