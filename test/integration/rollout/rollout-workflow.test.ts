import { ErrorCode, HeadgateError } from '../../../core/errors';
import { randomUUID } from 'node:crypto';
import { givenQuickPlan, RolloutHarness } from '../../support/rollout-harness';

describe('the rollout workflow on real Temporal and the real database', () => {
  let harness: RolloutHarness;
  let environment: string;

  beforeEach(async () => {
    harness = await RolloutHarness.open();
    environment = `e${randomUUID().slice(0, 8)}`;
    await harness.createFlag(environment);
    await harness.work();
  });
  afterEach(() => harness.close());

  it('raises a good candidate step by step, completes, and leaves no rollout on the flag', async () => {
    const rollout = await harness.start(givenQuickPlan({ environment }));
    expect(await rollout.result()).toMatchObject({ outcome: 'completed' });
    const flag = await rollout.flag();
    expect(flag).toMatchObject({ defaultVariant: 'on' });
    expect(flag.rollout).toBeUndefined();
    expect(await rollout.story()).toEqual(['1 rollout.start 10', '2 rollout.raise 50', '3 rollout.complete 100']);
    expect(await rollout.chainProblems()).toEqual([]);
    expect(await harness.dependencies.leases.live(environment)).toEqual([]);
    expect(await harness.dependencies.rollouts.get(rollout.input.rolloutId)).toMatchObject({
      outcome: 'completed',
      weight: 100,
    });
  });

  it('takes a bad candidate back by evidence, and says why', async () => {
    harness.source.candidate = { perCell: 40, errorRate: 0.3 };
    const rollout = await harness.start(givenQuickPlan({ environment }));
    expect(await rollout.result()).toMatchObject({ outcome: 'rolled_back' });
    const flag = await rollout.flag();
    expect(flag).toMatchObject({ defaultVariant: 'off' });
    expect(flag.rollout).toBeUndefined();
    expect(flag.lastChange).toMatchObject({ action: 'rollout.roll_back' });
    expect(flag.lastChange.evidence?.[0]).toMatchObject({ code: 'GUARDRAIL_HARM', metric: 'errors' });
    const found = await harness.dependencies.attributions.byRollout(rollout.input.rolloutId);
    expect(found).toMatchObject([
      { transition: flag.lastChange.transition, attribution: { kind: 'rollout', metric: 'errors' } },
    ]);
    expect(found[0]?.attribution.causes[0]).toMatchObject({ subject: { name: 'checkout' }, strength: 'strong' });
  });

  it('refuses a flag that already serves the candidate', async () => {
    const other = `e${randomUUID().slice(0, 8)}`;
    await harness.createFlag(other, { defaultVariant: 'on' });
    const rollout = await harness.start(givenQuickPlan({ environment: other }));
    expect(await rollout.result()).toMatchObject({ outcome: 'refused' });
  });

  it('pauses on a conflicting edit with the difference, and goes on when it is resumed', async () => {
    harness.source.candidate = { perCell: 0, errorRate: 0 };
    const rollout = await harness.start(givenQuickPlan({ environment }));
    await rollout.until(({ phase }) => phase === 'progressing');
    const before = await rollout.flag();
    const { revision: _r, lastChange: _l, schemaVersion: _s, ...body } = before;
    const rules = [
      { name: 'staff', if: { attribute: 'staff', operator: 'equals' as const, value: true }, serve: { variant: 'on' } },
    ];
    await harness.dependencies.flags.swap({
      before,
      after: { ...body, rules },
      draft: { actor: { kind: 'token', name: 'bob', verified: true }, action: 'flag.edit', reason: 'staff first' },
    });
    const paused = await rollout.until(({ phase }) => phase === 'paused');
    expect(paused).toMatchObject({ waitingFor: 'operator', summary: expect.stringMatching(/by bob: rules/) as string });
    harness.source.candidate = { perCell: 40, errorRate: 0.01 };
    await rollout.send('resume');
    expect(await rollout.result()).toMatchObject({ outcome: 'completed' });
    expect((await rollout.flag()).rules).toEqual(rules);
  });

  it('aborts by update, answers with the number of the transition, and keeps an edit made meanwhile', async () => {
    const rollout = await harness.start(
      givenQuickPlan({ environment, steps: [{ weight: 10, bakeMs: 60_000, approval: false }] }),
    );
    await rollout.until(({ phase }) => phase === 'progressing');
    const before = await rollout.flag();
    const { revision: _r, lastChange: _l, schemaVersion: _s, ...body } = before;
    await harness.dependencies.flags.swap({
      before,
      after: { ...body, tags: ['edited'] },
      draft: { actor: { kind: 'token', name: 'bob', verified: true }, action: 'flag.edit', reason: 'tags' },
    });
    const result = await rollout.send('abort', { reason: 'changed our minds' });
    expect(result).toMatchObject({ accepted: true, transition: 2 });
    expect(await rollout.result()).toMatchObject({ outcome: 'aborted' });
    const flag = await rollout.flag();
    expect(flag.tags).toEqual(['edited']);
    expect(flag.lastChange.actor).toMatchObject({ kind: 'unverified', verified: false });
  });

  it('ends before its first step when it is told to, and takes what was sent wrongly for a mistake alone', async () => {
    const steps = [{ weight: 10, bakeMs: 60_000, approval: true }];
    const rollout = await harness.start(givenQuickPlan({ environment, steps }));
    await rollout.until(({ waitingFor }) => waitingFor === 'approval');
    await rollout.send('pause');
    await expect(rollout.send('setWeight', { weight: 0 })).rejects.toThrow(/update failed/i);
    await rollout.handle.signal('setWeight', { weight: 0 });
    await rollout.handle.signal('exclude', { segment: 'EU users!' });
    expect(await rollout.send('abort', { reason: 'not today' })).toMatchObject({
      accepted: true,
      text: 'aborted before its first step: not today',
      state: 'aborted',
    });
    expect(await rollout.result()).toEqual({
      outcome: 'aborted',
      summary: 'aborted before its first step: not today',
    });
    expect(await rollout.story()).toEqual([]);
  });

  it('counts a repeated message once', async () => {
    const rollout = await harness.start(
      givenQuickPlan({ environment, steps: [{ weight: 10, bakeMs: 60_000, approval: false }] }),
    );
    await rollout.until(({ phase }) => phase === 'progressing');
    await rollout.handle.signal('setWeight', { id: 'm1', weight: 4 });
    await rollout.handle.signal('setWeight', { id: 'm1', weight: 4 });
    await rollout.until(({ weight }) => weight === 4);
    await rollout.handle.signal('pause');
    await rollout.until(({ phase }) => phase === 'paused');
    expect(await rollout.story()).toEqual(['1 rollout.start 10', '2 rollout.lower 4']);
    await rollout.send('abort');
  });

  it('refuses by validator what the state does not take, without a trace in the history', async () => {
    const rollout = await harness.start(
      givenQuickPlan({ environment, steps: [{ weight: 10, bakeMs: 60_000, approval: false }] }),
    );
    await rollout.until(({ phase }) => phase === 'progressing');
    await expect(rollout.send('resume')).rejects.toThrow(/update failed/i);
    await rollout.send('abort');
  });

  it('records a lapse of its lease and goes on from the first step', async () => {
    const rollout = await harness.start(
      givenQuickPlan({
        environment,
        leaseMs: 60_000,
        steps: [
          { weight: 10, bakeMs: 1000, approval: false },
          { weight: 50, bakeMs: 60_000, approval: false },
        ],
      }),
    );
    await rollout.until(({ weight }) => weight === 50);
    await harness.rest();
    const past = new Date(Date.now() - 120_000);
    await harness.database.db.collection('leases').updateMany({}, { $set: { renewedAt: past } });
    await harness.work();
    await rollout.until(({ weight, transition }) => weight === 10 && transition === 3);
    expect((await rollout.story()).at(-1)).toBe('3 rollout.lapsed 10');
    await rollout.send('abort');
  });

  it('lowers the flag and fails visibly when the judge has a bug', async () => {
    const broken = await RolloutHarness.open({
      states: {
        get: () => Promise.reject(new TypeError('a bug in the judge')),
        save: () => Promise.resolve(true),
        remove: () => Promise.resolve(),
      },
    });
    try {
      await broken.createFlag(environment);
      await broken.work();
      const rollout = await broken.start(givenQuickPlan({ environment }));
      await expect(rollout.result()).rejects.toMatchObject({
        cause: { type: 'ROLLOUT_FAILED', message: expect.stringContaining('a bug in the judge') as string },
      });
      const flag = await rollout.flag();
      expect(flag.rollout).toBeUndefined();
      expect(flag.lastChange.action).toBe('rollout.abort');
    } finally {
      await broken.close();
    }
  });

  it('skips looks while the database refuses to be asked, and goes on when it is back', async () => {
    let asked = 0;
    const away = new HeadgateError(ErrorCode.DatabaseUnavailable, 'the database does not answer', { retryable: true });
    const shaky = await RolloutHarness.open({
      states: {
        // Two attempts make a look: two looks fail.
        get: () => ((asked += 1) <= 4 ? Promise.reject(away) : Promise.resolve(null)),
        save: () => Promise.resolve(true),
        remove: () => Promise.resolve(),
      },
    });
    try {
      await shaky.createFlag(environment);
      await shaky.work();
      const rollout = await shaky.start(
        givenQuickPlan({ environment, steps: [{ weight: 10, bakeMs: 60_000, approval: false }] }),
      );
      await rollout.until(({ lastLook }) => lastLook !== null);
      expect(asked).toBeGreaterThan(4);
      expect(await rollout.story()).toEqual(['1 rollout.start 10']);
      await rollout.send('abort');
    } finally {
      await shaky.close();
    }
  });

  it('lowers the flag when the workflow is cancelled', async () => {
    const rollout = await harness.start(
      givenQuickPlan({ environment, steps: [{ weight: 10, bakeMs: 60_000, approval: false }] }),
    );
    await rollout.until(({ phase }) => phase === 'progressing');
    await rollout.handle.cancel();
    expect(await rollout.result()).toMatchObject({ outcome: 'aborted' });
    expect((await rollout.flag()).rollout).toBeUndefined();
  });

  it('closes the block of a terminated workflow as orphaned', async () => {
    const rollout = await harness.start(
      givenQuickPlan({ environment, steps: [{ weight: 10, bakeMs: 60_000, approval: false }] }),
    );
    await rollout.until(({ phase }) => phase === 'progressing');
    await rollout.handle.terminate('a test');
    const reconciled: unknown = await harness.client.workflow.execute('reconcilerWorkflow', {
      workflowId: `reconciler-${environment}`,
      taskQueue: harness.taskQueue,
    });
    expect(reconciled).toMatchObject({ closed: [rollout.input.rolloutId] });
    const flag = await rollout.flag();
    expect(flag.rollout).toBeUndefined();
    expect(flag.lastChange).toMatchObject({ action: 'rollout.orphaned', actor: { kind: 'reconciler' } });
    expect(await rollout.chainProblems()).toEqual([]);
  });

  it('ends the listing of a rollout that was terminated before its first step', async () => {
    const steps = [{ weight: 10, bakeMs: 60_000, approval: true }];
    const startedAt = new Date(Date.now() - 120_000).toISOString();
    const rollout = await harness.start(givenQuickPlan({ environment, steps }), { startedAt });
    await rollout.until(({ waitingFor }) => waitingFor === 'approval');
    await rollout.handle.terminate('a test');
    await harness.client.workflow.execute('reconcilerWorkflow', {
      workflowId: `reconciler-2-${environment}`,
      taskQueue: harness.taskQueue,
    });
    const listed = await harness.dependencies.rollouts.get(rollout.input.rolloutId);
    expect(listed).toMatchObject({ outcome: 'aborted', state: 'aborted', weight: 0 });
    expect((await rollout.flag()).rollout).toBeUndefined();
  });
});
