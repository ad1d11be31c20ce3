import { randomUUID } from 'node:crypto';
import type { RolloutPlan } from '../../../flags/plan/plan';
import type { Prediction } from '../../../flags/plan/prediction';
import { ACTING, tellOfRiskyChange } from '../../support/risky-change';
import { givenQuickPlan, RolloutHarness, type StartedRollout } from '../../support/rollout-harness';

describe('a prediction in a rollout on real Temporal and the real database', () => {
  let harness: RolloutHarness;
  let environment: string;

  beforeEach(async () => {
    harness = await RolloutHarness.open();
    environment = `e${randomUUID().slice(0, 8)}`;
    await harness.createFlag(environment);
    await harness.work();
  });
  afterEach(() => harness.close());

  async function startRisky(prediction: Prediction): Promise<StartedRollout> {
    const rolloutId = `r-${randomUUID().slice(0, 8)}`;
    await tellOfRiskyChange(harness, environment, rolloutId);
    const approvals = { forbidStarter: false, allowUnverified: true };
    const steps: RolloutPlan['steps'] = [{ weight: 10, bakeMs: 60_000, approval: false }];
    return harness.start(givenQuickPlan({ environment, steps, prediction, approvals }), {
      rolloutId,
      identity: rolloutId,
    });
  }

  it('starts smaller, bakes longer and asks a person first where it acts, and says so in the record', async () => {
    const rollout = await startRisky(ACTING);
    const waiting = await rollout.until(({ waitingFor }) => waitingFor === 'approval');
    expect(waiting.prediction).toMatchObject({ code: 'FAILURE_PREDICTED' });
    expect(waiting.steps).toEqual([{ weight: 2, bakeMs: 90_000 }]);
    await rollout.send('approve');
    const started = await rollout.until(({ phase, lastLook }) => phase === 'progressing' && lastLook !== null);
    expect(started.weight).toBe(2);
    const [record] = await harness.dependencies.decisions.byRollout(rollout.input.rolloutId);
    expect(record).toMatchObject({
      action: 'rollout.start',
      weightAfter: 2,
      evidence: [
        { code: 'APPROVED' },
        { code: 'FAILURE_PREDICTED', numbers: { rank: expect.any(Number) as number } },
        { code: 'FEATURES_KNOWN' },
        { code: 'FEATURES_MISSING' },
      ],
    });
    expect(record?.reason).toContain('as predicted, first weight 2 % instead of 10 %');
    await rollout.send('abort');
    expect(await rollout.result()).toMatchObject({ outcome: 'aborted' });
  });

  it('changes nothing in the shadow, where its record still stands', async () => {
    const rollout = await startRisky({ ...ACTING, mode: 'shadow', minimumConfidence: 1 });
    await rollout.until(({ phase }) => phase === 'progressing');
    const [record] = await harness.dependencies.decisions.byRollout(rollout.input.rolloutId);
    expect(record?.weightAfter).toBe(10);
    expect(record?.reason).toMatch(/^started at 10 % \(rollout started by /);
    expect(record?.evidence?.[0]?.text).toContain('Recorded only.');
    await rollout.send('abort');
  });

  it('refuses to start with too little confidence, unless a person says why it should', async () => {
    const timid = { ...ACTING, approveAbove: 1, minimumConfidence: 1 };
    const refused = await (await startRisky(timid)).result();
    expect(refused).toMatchObject({
      outcome: 'refused',
      summary: expect.stringMatching(/predicts failure with .*below the plan's 1; .*--override-prediction/) as string,
    });
    const overridden = await startRisky({ ...timid, override: 'agreed in review' });
    await overridden.until(({ phase }) => phase === 'progressing');
    const [record] = await harness.dependencies.decisions.byRollout(overridden.input.rolloutId);
    expect(record?.reason).toContain('the prediction is overridden: agreed in review');
    await overridden.send('abort');
  });

  it('goes on by evidence alone when no model answers', async () => {
    Object.assign(harness.dependencies, {
      models: { champion: () => Promise.reject(new Error('the registry is away')) },
    });
    await harness.rest();
    await harness.work();
    const rollout = await startRisky({ ...ACTING, minimumConfidence: 1 });
    await rollout.until(({ phase }) => phase === 'progressing');
    const [record] = await harness.dependencies.decisions.byRollout(rollout.input.rolloutId);
    expect(record).toMatchObject({ weightAfter: 10 });
    expect(record?.evidence?.[0]).toMatchObject({ code: 'FAILURE_NOT_PREDICTED' });
    await rollout.send('abort');
  });
});
