import { randomUUID } from 'node:crypto';
import { createReconcilerActivities } from '../../../activities';
import { MongoKillSwitchesRepository } from '../../../store/kill-switches-repository';
import { rolloutWorkflowId } from '../../../workflows/rollout/messages';
import { pollUntil } from '../../support/poll-until';
import { givenQuickPlan, RolloutHarness } from '../../support/rollout-harness';
import { givenExperiment, StartedExperiment } from '../../support/started-experiment';

const COLOURS = { variants: { on: true, off: false, dim: false } };
const edit = (reason: string) => ({
  actor: { kind: 'token' as const, name: 'ada', verified: true },
  reason,
  at: new Date().toISOString(),
});

describe('an experiment as a workflow', () => {
  let harness: RolloutHarness;
  let environment: string;

  beforeEach(async () => {
    environment = `e${randomUUID().slice(0, 8)}`;
    harness = await RolloutHarness.open();
    await harness.createFlag(environment);
    await harness.work();
  });
  afterEach(() => harness.close());

  it('concludes with a winner, takes its arms off, and leaves what the flag serves alone', async () => {
    harness.source.control = { perCell: 40, errorRate: 0.1 };
    harness.source.candidate = { perCell: 40, errorRate: 0.02 };
    const experiment = await StartedExperiment.start(harness, givenExperiment(environment));
    await experiment.until(({ phase }) => phase === 'running');
    const carried = (await experiment.flag()).rollout;
    expect(carried).toMatchObject({
      id: experiment.input.experimentId,
      arms: [
        { variant: 'on', weight: 50 },
        { variant: 'off', weight: 50 },
      ],
    });

    const end = await experiment.result();
    expect(end).toMatchObject({ outcome: 'concluded', conclusion: { kind: 'winner', winners: ['on'] } });
    const flag = await experiment.flag();
    expect(flag.rollout).toBeUndefined();
    expect(flag).toMatchObject({ defaultVariant: 'off', enabled: true, rules: [] });
    expect(await experiment.story()).toEqual(['1 experiment.start', '2 experiment.conclude']);
    const record = (await experiment.records()).at(-1);
    expect(record?.reason).toContain("winner: 'on' shown better than the control");
    expect(record?.evidence?.map(({ code }) => code)).toEqual(['GUARDRAILS', 'EFFECT_BETTER']);
    expect(record?.evidence?.[1]?.metric).toBe('failed');
    expect(record?.evidence?.[1]?.numbers?.['effect']).toBeCloseTo(-0.08, 2);
    expect((await harness.dependencies.decisions.verifyEnvironment(environment)).problems).toEqual([]);
    expect(await harness.dependencies.leases.live(environment)).toEqual([]);
    expect(await harness.dependencies.states.get(experiment.input.experimentId)).toBeNull();
    const saved = await harness.dependencies.experiments.get(experiment.input.experimentId);
    expect(saved).toMatchObject({ outcome: 'concluded', flag: 'checkout', conclusion: { kind: 'winner' } });
    expect(JSON.parse(saved?.analysis ?? 'null')).toMatchObject({ decided: true, arms: [{ variant: 'on' }] });
  });

  it('says that no difference was shown once its duration is over', async () => {
    const plan = givenExperiment(environment, { duration: '6s' });
    const end = await (await StartedExperiment.start(harness, plan)).result();
    expect(end).toMatchObject({ outcome: 'concluded', conclusion: { kind: 'no_difference', winners: [] } });
  });

  it('is inconclusive where no data came', async () => {
    harness.source.control = harness.source.candidate = { perCell: 0, errorRate: 0 };
    const plan = givenExperiment(environment, { duration: '5s' });
    const end = await (await StartedExperiment.start(harness, plan)).result();
    expect(end).toMatchObject({ outcome: 'concluded', conclusion: { kind: 'inconclusive' } });
  });

  it('is stopped by the guardrails of one treatment of two', async () => {
    await harness.dependencies.flags.swap({
      before: await harness.dependencies.flags.get(`${environment}/checkout`),
      after: { ...(await bodyOf(harness, environment)), ...COLOURS },
      draft: { ...edit('a third variant'), action: 'flag.edit' },
    });
    harness.source.variants = { dim: { perCell: 40, errorRate: 0.4 } };
    const plan = givenExperiment(environment, { treatments: ['on', 'dim'], endOnDecision: false });
    const experiment = await StartedExperiment.start(harness, plan);
    const end = await experiment.result();
    expect(end).toMatchObject({ outcome: 'stopped', conclusion: { kind: 'harm' } });
    expect(end.summary).toContain("'dim'");
    expect((await experiment.flag()).rollout).toBeUndefined();
    expect(await experiment.story()).toEqual(['1 experiment.start', '2 experiment.stop']);
  });

  it('goes on from where it was when its worker has gone and another one comes', async () => {
    const experiment = await StartedExperiment.start(harness, givenExperiment(environment, { endOnDecision: false }));
    const before = await experiment.untilJudged();
    await harness.rest();
    await new Promise((resolve) => setTimeout(resolve, 3000));
    await harness.work();
    const after = await experiment.until(
      ({ lastLook }) => (lastLook?.standing.sample ?? 0) > (before.lastLook?.standing.sample ?? 0),
    );
    expect(after).toMatchObject({ phase: 'running', transition: 1 });
    expect(after.ranMs).toBeGreaterThan(before.ranMs);
    expect(await experiment.send('abort', { reason: 'seen' })).toMatchObject({ accepted: true, transition: 2 });
    expect(await experiment.result()).toMatchObject({ outcome: 'aborted', conclusion: null });
  });

  it('keeps its planned end for later while paused, and can be concluded by a person', async () => {
    const plan = givenExperiment(environment, { duration: '4s' });
    const experiment = await StartedExperiment.start(harness, plan);
    await experiment.until(({ phase }) => phase === 'running');
    await experiment.send('pause', { reason: 'a talk with legal' });
    const paused = await experiment.until(({ ranMs }) => ranMs > 6000);
    expect(paused).toMatchObject({ phase: 'paused', waitingFor: 'operator' });
    expect((await experiment.flag()).rollout).toBeDefined();
    const answer = await experiment.send('conclude', { reason: 'enough' });
    expect(answer).toMatchObject({ accepted: true, state: 'concluded', transition: 2 });
    // The planned time is over, so that nothing was shown means something.
    expect(await experiment.result()).toMatchObject({ conclusion: { kind: 'no_difference' } });
  });

  it('pauses for an edit, concludes nothing over it, and begins anew when resumed', async () => {
    const plan = givenExperiment(environment, { endOnDecision: false });
    const experiment = await StartedExperiment.start(harness, plan);
    await experiment.untilJudged();
    const { flags } = harness.dependencies;
    const rule = {
      name: 'staff',
      if: { attribute: 'staff', operator: 'exists' as const, value: true },
      serve: { variant: 'on' },
    };
    await flags.swap({
      before: await flags.get(`${environment}/checkout`),
      after: { ...(await bodyOf(harness, environment)), rules: [rule] },
      draft: { ...edit('a rule for staff'), action: 'flag.edit' },
    });
    const paused = await experiment.until(({ phase }) => phase === 'paused');
    expect(paused.summary).toContain('rules');
    await expect(experiment.send('conclude')).rejects.toThrow();
    expect(await experiment.send('resume', { reason: 'as meant' })).toMatchObject({ accepted: true, transition: 2 });
    const anew = await experiment.status();
    expect(anew).toMatchObject({ phase: 'running', lastLook: null });
    expect(anew.ranMs).toBeLessThan(paused.ranMs);
    const judged = await experiment.untilJudged();
    expect(judged.lastLook?.standing.sample).toBeLessThan(paused.lastLook?.standing.sample ?? 0);
    await experiment.send('abort');
    expect(await experiment.story()).toEqual(['1 experiment.start', '2 experiment.resume', '3 experiment.abort']);
  });

  it('is not taken back in by a resume while break-glass has the flag off', async () => {
    const experiment = await StartedExperiment.start(harness, givenExperiment(environment, { endOnDecision: false }));
    await experiment.untilJudged();
    const { flags } = harness.dependencies;
    await flags.swap({
      before: await flags.get(`${environment}/checkout`),
      after: { ...(await bodyOf(harness, environment)), enabled: false },
      draft: { ...edit('it burns'), action: 'flag.off' },
    });
    await experiment.until(({ phase }) => phase === 'paused');
    const refused = await experiment.send('resume');
    expect(refused.accepted).toBe(false);
    expect(refused.text).toContain('the flag is off');
    expect(await experiment.status()).toMatchObject({ phase: 'paused' });
    await experiment.send('abort', { reason: 'not today' });
    expect((await experiment.flag()).enabled).toBe(false);
  });

  it('holds under the kill switch of its environment and goes on once that is released', async () => {
    const experiment = await StartedExperiment.start(harness, givenExperiment(environment, { endOnDecision: false }));
    await experiment.untilJudged();
    const switches = new MongoKillSwitchesRepository(harness.database.db);
    await switches.put(environment, true, 0, edit('the shop is down'));
    const held = await experiment.until(({ waitingFor }) => waitingFor === 'kill_switch');
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const still = await experiment.status();
    expect(still.lastLook?.at).toBe(held.lastLook?.at);
    expect(await experiment.send('conclude')).toMatchObject({ accepted: false });
    await switches.put(environment, false, 1, edit('it is up'));
    await experiment.until(({ transition }) => transition === 2);
    await experiment.until(({ lastLook }) => (lastLook?.standing.sample ?? 0) > (held.lastLook?.standing.sample ?? 0));
    expect((await experiment.status()).ranMs).toBeLessThan(still.ranMs + 60_000);
    await experiment.send('abort');
    expect((await experiment.story())[1]).toBe('2 experiment.released');
  });

  it('records a lapse of its lease and goes on', async () => {
    const plan = givenExperiment(environment, { endOnDecision: false });
    const experiment = await StartedExperiment.start(harness, plan);
    await experiment.untilJudged();
    const past = new Date(Date.now() - 120_000);
    // Another renewal number, so that what the worker remembers of the lease does not count.
    const lapse = { $set: { renewedAt: past }, $inc: { renewals: 1 } };
    await harness.database.db.collection('leases').updateMany({}, lapse);
    await experiment.until(({ transition }) => transition === 2);
    expect(await experiment.status()).toMatchObject({ phase: 'running' });
    await experiment.send('abort');
    expect((await experiment.story())[1]).toBe('2 experiment.lapsed');
  });

  it('takes its arms off when it is cancelled in Temporal', async () => {
    const experiment = await StartedExperiment.start(harness, givenExperiment(environment));
    await experiment.until(({ phase }) => phase === 'running');
    await experiment.handle.cancel();
    expect(await experiment.result()).toMatchObject({ outcome: 'aborted', summary: 'the workflow was cancelled' });
    expect((await experiment.flag()).rollout).toBeUndefined();
    expect((await experiment.story()).at(-1)).toBe('2 experiment.abort');
  });

  it('is closed by the reconciler where its workflow was terminated, and left alone while that lives', async () => {
    const experiment = await StartedExperiment.start(harness, givenExperiment(environment, { endOnDecision: false }));
    await experiment.until(({ phase }) => phase === 'running');
    const { experimentId } = experiment.input;
    const now = { nowMs: () => harness.dependencies.clock.nowMs() + 120_000 };
    const reconciler = createReconcilerActivities({ ...harness.dependencies, clock: now });
    expect(await reconciler.closeOrphans()).not.toContain(experimentId);
    expect((await experiment.flag()).rollout?.id).toBe(experimentId);
    await experiment.handle.terminate('by hand');
    // Whoever stands in Temporal's list of running workflows is believed, and that list may be some seconds old.
    const closed = await pollUntil(
      () => reconciler.closeOrphans(),
      (ids) => ids.includes(experimentId),
    );
    expect(closed).toContain(experimentId);
    expect((await experiment.flag()).rollout).toBeUndefined();
    expect((await experiment.story()).at(-1)).toBe('2 experiment.orphaned');
    const saved = () => harness.dependencies.experiments.get(experimentId);
    const ended = await pollUntil(saved, (one) => one !== null && one.outcome !== null);
    expect(ended).toMatchObject({ outcome: 'aborted', summary: 'orphaned: no live workflow owns this experiment' });
    expect(await reconciler.closeOrphans()).not.toContain(experimentId);
  });

  it('shares one workflow id with rollouts: who comes second does not start', async () => {
    const plan = givenExperiment(environment, { endOnDecision: false });
    const experiment = await StartedExperiment.start(harness, plan);
    await experiment.until(({ phase }) => phase === 'running');
    await expect(harness.start(givenQuickPlan({ environment }))).rejects.toThrow('already started');
    await expect(StartedExperiment.start(harness, plan)).rejects.toThrow('already started');
    await experiment.send('abort');
    await experiment.result();
    const slow = givenQuickPlan({ environment, steps: [{ weight: 10, bakeMs: 60_000, approval: false }] });
    const rollout = await harness.start(slow);
    await expect(StartedExperiment.start(harness, plan)).rejects.toThrow('already started');
    expect(rollout.handle.workflowId).toBe(rolloutWorkflowId(environment, 'checkout'));
    await rollout.send('abort');
  });

  it('is refused, and writes nothing, where the place serves a treatment already', async () => {
    const plan = givenExperiment(environment, { treatments: ['off'] });
    const experiment = await StartedExperiment.start(harness, plan);
    expect(await experiment.result()).toMatchObject({ outcome: 'refused' });
    expect(await experiment.story()).toEqual([]);
  });
});

async function bodyOf(harness: RolloutHarness, environment: string) {
  const flag = await harness.dependencies.flags.get(`${environment}/checkout`);
  if (flag === null) throw new Error('no flag');
  const { revision: _r, lastChange: _l, schemaVersion: _s, ...body } = flag;
  return body;
}
