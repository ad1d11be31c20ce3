import { randomUUID } from 'node:crypto';
import { createReconcilerActivities } from '../../../activities';
import { createGroupActivities } from '../../../activities/group-activities';
import type { Flag } from '../../../flags/document/flag';
import { RolloutHarness } from '../../support/rollout-harness';
import { WebhookReceiver } from '../../support/webhook-receiver';
import { pollUntil } from '../../support/poll-until';
import { StartedGroup } from '../../support/started-group';

const LONG = { steps: [{ weight: 10, bakeMs: 600_000, approval: false }] };

describe('a group of two rollouts, on real Temporal and the real database', () => {
  let harness: RolloutHarness;
  let environment: string;

  beforeEach(async () => {
    harness = await RolloutHarness.open();
    environment = `e${randomUUID().slice(0, 8)}`;
    await harness.work();
  });
  afterEach(() => harness.close());

  const start = (...rest: [Parameters<typeof StartedGroup.start>[2]?, Parameters<typeof StartedGroup.start>[3]?]) =>
    StartedGroup.start(harness, environment, ...rest);
  const flagOf = async (key: string): Promise<Flag> =>
    (await harness.dependencies.flags.get(`${environment}/${key}`)) as Flag;
  const actionsOf = async (key: string): Promise<string[]> =>
    (await harness.dependencies.decisions.byRollout(`${key}-${environment}`)).map(
      ({ action, transition }) => `${transition} ${action}`,
    );
  const chainProblems = async (): Promise<readonly unknown[]> =>
    (await harness.dependencies.decisions.verifyEnvironment(environment)).problems;
  async function edit(key: string, change: Partial<Flag>): Promise<void> {
    const before = await flagOf(key);
    const { revision: _r, lastChange: _l, schemaVersion: _s, ...body } = before;
    const written = await harness.dependencies.flags.swap({
      before,
      after: { ...body, ...change },
      draft: { actor: { kind: 'token', name: 'bob', verified: true }, action: 'flag.edit', reason: 'mine now' },
    });
    expect(written).not.toBeNull();
  }

  it('completes in order', async () => {
    const group = await start();
    expect(await group.result()).toEqual({ outcome: 'completed', summary: 'all members have completed' });
    const [base, top] = [await actionsOf('base'), await actionsOf('top')];
    expect([base.at(-1), top.at(-1)]).toEqual(['3 rollout.complete', '3 rollout.complete']);
    const [first] = await harness.dependencies.decisions.byRollout(`top-${environment}`);
    const completedAt = (await flagOf('base')).lastChange.at;
    expect(Date.parse(first?.at ?? '')).toBeGreaterThanOrEqual(Date.parse(completedAt));
  });

  it('takes all completed back in reverse when a third is rolled back, with records and chains intact', async () => {
    await harness.createFlag(environment, { _id: `${environment}/last`, key: 'last' });
    const group = await StartedGroup.start(harness, environment, {}, {}, LONG);
    const before = await flagOf('base');
    await group.until(({ members }) => members[2]?.state === 'live');
    harness.source.candidate = { perCell: 40, errorRate: 0.5 };
    expect(await group.result()).toMatchObject({ outcome: 'rolled_back' });
    const [base, top] = [await flagOf('base'), await flagOf('top')];
    expect([base.rules, base.rollout]).toEqual([before.rules, undefined]);
    expect([base.defaultVariant, top.defaultVariant]).toEqual(['off', 'off']);
    expect([(await actionsOf('base')).at(-1), (await actionsOf('top')).at(-1)]).toEqual([
      '4 rollout.take_back',
      '4 rollout.take_back',
    ]);
    expect((await actionsOf('last')).at(-1)).toMatch(/rollout\.roll_back$/);
    const actor = { kind: 'workflow', name: `group/${environment}/both`, verified: true };
    expect(base.lastChange).toMatchObject({ actor, weightBefore: 100, weightAfter: 0 });
    const told = (await group.status()).record.map(({ text }) => text).filter((text) => text.includes('taken back at'));
    expect(told.map((text) => text.split(' ')[0])).toEqual(['top', 'base']);
    expect(await chainProblems()).toEqual([]);
  });

  it('does not overwrite what a person has edited at the place since, keeps other edits, and says so', async () => {
    const group = await start({ top: LONG });
    await group.untilLive('top');
    await edit('base', { defaultVariant: 'off' });
    expect(await group.send('abort', { reason: 'enough' })).toMatchObject({ accepted: true });
    expect((await group.result()).summary).toContain('not taken back, since it was written since: base');
    expect((await flagOf('base')).lastChange.reason).toBe('mine now');
    expect((await group.status()).members).toMatchObject([
      { flag: 'base', takenBack: 'kept' },
      { flag: 'top', state: 'aborted' },
    ]);
  });

  it('writes one record when copies of a take-back overlap, and keeps an edit beside the place', async () => {
    const group = await start();
    await group.result();
    await edit('base', { description: 'edited' });
    const { takeBack } = createGroupActivities(harness.dependencies);
    const request = {
      environment,
      flagKey: 'base',
      rolloutId: `base-${environment}`,
      group: 'group/x/y',
      reason: 'twice',
    };
    const results = await Promise.all([takeBack(request), takeBack(request), takeBack(request)]);
    expect(results.map(({ kind }) => kind).sort()).toEqual(['already', 'already', 'taken_back']);
    expect((await actionsOf('base')).filter((action) => action.endsWith('take_back'))).toEqual(['4 rollout.take_back']);
    expect(await flagOf('base')).toMatchObject({ description: 'edited', defaultVariant: 'off' });
    expect(await chainProblems()).toEqual([]);
  });

  it('waits for its one approval, goes on with another worker, and goes back when it is aborted', async () => {
    const group = await start({ top: LONG }, { approval: true });
    await group.until(({ waitingFor }) => waitingFor === 'approval');
    expect(await actionsOf('base')).toEqual([]);
    await group.send('approve');
    await group.untilLive('base');
    await harness.rest();
    await harness.work();
    await group.untilLive('top');
    await group.send('abort');
    expect(await group.result()).toMatchObject({ outcome: 'aborted' });
    expect((await actionsOf('base')).at(-1)).toBe('4 rollout.take_back');
    expect((await flagOf('top')).rollout).toBeUndefined();
    expect(await chainProblems()).toEqual([]);
  });

  it('wants a known sender for its approval, and leaves completed members where it is told to stop', async () => {
    const approvals = { forbidStarter: false, allowUnverified: false };
    const unsigned = await start({ top: LONG }, { approval: true, approvals });
    expect(await unsigned.send('approve')).toMatchObject({ accepted: false });
    await unsigned.send('abort');
    expect(await unsigned.result()).toMatchObject({ outcome: 'aborted' });
    const [, again] = [environment, `e${randomUUID().slice(0, 8)}`];
    environment = again;
    const stopping = await start({ top: LONG }, { onRollback: 'stop' });
    await stopping.untilLive('top');
    await stopping.handle.cancel();
    expect((await stopping.result()).summary).toBe('the workflow was cancelled; left completed: base');
    expect([(await flagOf('base')).defaultVariant, (await flagOf('top')).rollout]).toEqual(['on', undefined]);
  });

  it('tells receivers, signed, of the approval it needs, of going back and of its end', async () => {
    const receiver = await WebhookReceiver.open();
    try {
      Object.assign(harness.dependencies, { webhooks: [receiver.webhook] });
      receiver.failures = 1;
      const group = await start({ top: LONG }, { approval: true, owner: 'payments' });
      await receiver.until('group_approval_needed');
      await group.send('approve');
      await group.untilLive('top');
      await group.send('abort', { reason: 'enough' });
      await group.result();
      const heard = receiver.heard.filter(({ event }) => event.startsWith('group_'));
      expect(heard.map(({ id }) => id)).toEqual(
        ['approval_needed', 'taking_back', 'aborted'].map((event) => `${group.groupId}:group_${event}`),
      );
      expect(receiver.heard.every(({ signed }) => signed)).toBe(true);
      const { groupId } = group;
      expect(heard.at(-1)?.body).toMatchObject({ group: groupId, environment, key: 'both', owner: 'payments' });
      expect(heard.at(-1)?.body['members']).toEqual([
        { flag: 'base', state: 'completed', takenBack: 'taken_back' },
        { flag: 'top', state: 'aborted', takenBack: null },
      ]);
    } finally {
      await receiver.close();
    }
  });

  it('is shown as ended once the reconciler has found its workflow terminated, and its live member goes on', async () => {
    await harness.createFlag(environment, { _id: `${environment}/last`, key: 'last' });
    const group = await StartedGroup.start(harness, environment, { top: LONG }, {}, LONG);
    await group.untilLive('top');
    await pollUntil(
      () => harness.dependencies.rollouts.get(`top-${environment}`),
      (rollout) => rollout?.weight === 10,
    );
    await group.handle.terminate('by hand');
    const now = { nowMs: () => harness.dependencies.clock.nowMs() + 120_000 };
    const reconciler = createReconcilerActivities({ ...harness.dependencies, clock: now });
    await reconciler.closeOrphans();
    await reconciler.closeOrphans();
    const ended = await harness.dependencies.groups.get(group.groupId);
    expect(ended).toMatchObject({
      outcome: 'aborted',
      members: [
        { flag: 'base', state: 'completed' },
        { flag: 'top', state: 'detached' },
        { flag: 'last', state: 'skipped' },
      ],
    });
    expect(ended?.record.filter(({ text }) => text.startsWith('aborted: its workflow was ended'))).toHaveLength(1);
    expect((await flagOf('top')).rollout).toMatchObject({ weight: 10 });
    await harness.client.workflow.getHandle(`rollout/${environment}/top`).signal('abort');
  });
});
