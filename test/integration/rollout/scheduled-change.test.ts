import { randomUUID } from 'node:crypto';
import { createReconcilerActivities, createScheduledChangeActivities } from '../../../activities';
import { documentId } from '../../../flags/document/identifiers';
import type { PlannedChange, ScheduledChange } from '../../../store/scheduled-changes-repository';
import { switchFlag } from '../../../store/write-flag';
import { scheduledChangeStart, scheduledChangeWorkflowId } from '../../../workflows/scheduled/messages';
import { RolloutHarness } from '../../support/rollout-harness';
import { keepChange } from '../../support/scheduled-change';

const OFF: PlannedChange = { kind: 'switch', enabled: false };

describe('a scheduled change', () => {
  const told: { event: string; status: string; scheduledChange: string }[] = [];
  let harness: RolloutHarness;
  let environment: string;

  beforeAll(async () => {
    const fetch = (_url: unknown, init?: RequestInit): Promise<Response> => {
      told.push(JSON.parse(init?.body as string) as (typeof told)[number]);
      return Promise.resolve(new Response(null, { status: 204 }));
    };
    const webhooks = [{ url: 'https://hooks.example.com/headgate', secret: 'sixteen characters or more' }];
    harness = await RolloutHarness.open({ webhooks, fetch });
    await harness.work();
  });
  beforeEach(async () => {
    environment = `e${randomUUID().slice(0, 8)}`;
    await harness.createFlag(environment);
  });
  afterAll(() => harness.close());

  const flag = () => harness.dependencies.flags.get(documentId(environment, 'checkout'));
  const start = (id: string, dueAt: string) => {
    const input = { id, environment, flagKey: 'checkout', dueAt, what: 'switch off', askedBy: 'alice' };
    return harness.client.workflow.start('scheduledChangeWorkflow', scheduledChangeStart(input, harness.taskQueue));
  };

  it('is made once: what a person has undone since is not done again by a late copy', async () => {
    const { _id: id } = await keepChange(harness, environment, -1000, OFF);
    const activities = createScheduledChangeActivities(harness.dependencies);
    await expect(activities.makeScheduledChange({ id })).resolves.toMatchObject({ status: 'made' });
    const write = {
      environment,
      key: 'checkout',
      actor: { kind: 'token', name: 'bob', verified: true },
      reason: 'no',
    } as const;
    await switchFlag(harness.dependencies, write, true);
    // As if the worker had died between its write and its note of it.
    const changes = harness.database.db.collection<ScheduledChange>('scheduled_changes');
    await changes.updateOne({ _id: id }, { $set: { status: 'making', outcome: null } });

    await expect(activities.makeScheduledChange({ id })).resolves.toMatchObject({ status: 'made' });
    expect(await flag()).toMatchObject({ enabled: true, revision: 3 });
  });

  it('is made at the time that is kept, however early its workflow is woken, and tells receivers', async () => {
    const { _id: id } = await keepChange(harness, environment, 3000, OFF);
    const handle = await start(id, new Date().toISOString());

    await expect(handle.result()).resolves.toMatchObject({ status: 'made' });
    const [dueAt, at] = [(await harness.dependencies.scheduledChanges.get(id))?.dueAt, (await flag())?.lastChange.at];
    expect(Date.parse(at ?? '')).toBeGreaterThanOrEqual(Date.parse(dueAt ?? ''));
    expect(told).toContainEqual(expect.objectContaining({ event: 'change_made', scheduledChange: id }));
  });

  it('tells receivers why it was not made', async () => {
    const { _id: id } = await keepChange(harness, environment, -1000, OFF, { expiresAfterMs: 1 });
    const handle = await start(id, new Date().toISOString());

    await expect(handle.result()).resolves.toMatchObject({ status: 'expired' });
    expect(told).toContainEqual(expect.objectContaining({ event: 'change_not_made', status: 'expired' }));
    expect(await flag()).toMatchObject({ enabled: true, revision: 1 });
  });

  it('that nobody knows of does nothing', async () => {
    const handle = await start('000000000000', new Date().toISOString());
    await expect(handle.result()).resolves.toMatchObject({ status: 'cancelled' });
  });

  it('gets its workflow from the reconciler when the server died before it had started one', async () => {
    const past = new Date(Date.now() - 120_000).toISOString();
    const { _id: id } = await keepChange(harness, environment, 3_600_000, OFF, { isTimed: false, askedAt: past });
    const reconciler = createReconcilerActivities(harness.dependencies);

    expect(await reconciler.startTimers()).toBe(1);
    expect(await reconciler.startTimers()).toBe(0);
    const handle = harness.client.workflow.getHandle(scheduledChangeWorkflowId(environment, 'checkout', id));
    expect((await handle.describe()).status.name).toBe('RUNNING');
    await handle.terminate('a test');
  });

  it('gets its workflow anew when Temporal does not know it any more, and ends when a person has terminated it', async () => {
    const askedAt = new Date(Date.now() - 120_000).toISOString();
    const { _id: id } = await keepChange(harness, environment, 3_600_000, OFF, { askedAt });
    const reconciler = createReconcilerActivities(harness.dependencies);
    expect(await reconciler.startTimers()).toBe(1);
    const handle = harness.client.workflow.getHandle(scheduledChangeWorkflowId(environment, 'checkout', id));
    expect((await handle.describe()).status.name).toBe('RUNNING');
    await handle.terminate('by hand');
    expect(await reconciler.startTimers()).toBe(0);
    expect(await harness.dependencies.scheduledChanges.get(id)).toMatchObject({
      status: 'cancelled',
      outcome: { text: 'its workflow was ended from outside in Temporal' },
    });
    expect((await handle.describe()).status.name).toBe('TERMINATED');
  });
});
