import { randomUUID } from 'node:crypto';
import { givenQuickPlan, RolloutHarness } from '../../support/rollout-harness';

describe('segments of a rollout on real Temporal and the real database', () => {
  let harness: RolloutHarness;
  let environment: string;

  beforeEach(async () => {
    harness = await RolloutHarness.open();
    environment = `e${randomUUID().slice(0, 8)}`;
    await harness.createFlag(environment);
    await harness.work();
  });
  afterEach(() => harness.close());

  it('excludes the one that is harmed, says so everywhere, and completes for the rest', async () => {
    harness.source.segments = { eu: { perCell: 40, errorRate: 0.5 }, us: { perCell: 40, errorRate: 0.01 } };
    const rollout = await harness.start(givenQuickPlan({ environment, segments: ['eu', 'us'] }));
    const excluded = await rollout.until(({ excludedSegments }) => excludedSegments.length > 0);
    expect(excluded.excludedSegments).toEqual(['eu']);
    expect(excluded.lastLook?.segments?.find(({ segment }) => segment === 'eu')).toMatchObject({ harmed: true });
    expect((await rollout.flag()).rollout?.excludedSegments).toEqual(['eu']);
    harness.source.excluded.add('eu');

    expect(await rollout.result()).toMatchObject({
      outcome: 'completed',
      summary: expect.stringContaining('except eu') as string,
    });
    const flag = await rollout.flag();
    expect(flag.defaultVariant).toBe('on');
    expect(flag.rules).toEqual([
      expect.objectContaining({ name: 'excluded-eu', serve: { variant: 'off' } }) as unknown,
    ]);
    const records = await harness.dependencies.decisions.byRollout(rollout.input.rolloutId);
    const record = records.find(({ action }) => action === 'rollout.exclude');
    expect(record).toMatchObject({
      actor: { kind: 'workflow' },
      reason: expect.stringContaining('excluded eu: Segment eu is harmed on errors') as string,
    });
    expect(record?.evidence?.[0]).toMatchObject({ code: 'SEGMENT_HARM', segment: 'eu', metric: 'errors' });
    expect(await rollout.chainProblems()).toEqual([]);
  });
});
