import { predictFailure, type PredictionDependencies } from '../../../activities/predict-failure';
import { DEFAULT_PREDICTION } from '../../../flags/plan/prediction';
import { trainPredictor } from '../../../ml/prediction/train-predictor';
import { mulberry32 } from '../../../ml/random/mulberry32';
import type { Champion, ModelVersion } from '../../../store/models-repository';

const rollout = { environment: 'production', rolloutId: 'checkout-abcdefgh' };
const change = {
  'change.ns': 6,
  'change.nd': 12,
  'change.nf': 30,
  'change.entropy': 4.5,
  'change.la': 3_000,
  'change.ld': 400,
  'change.lt': 9_000,
  'change.fix': 0,
  'change.fileDevelopers': 9,
  'change.age': 20,
  'change.fileChanges': 300,
  'change.authorFileChanges': 4,
  'change.recentAuthorFileChanges': 3,
  'change.authorFilesInSubsystems': 2,
};

function given(parts: Partial<PredictionDependencies> = {}): PredictionDependencies {
  return {
    features: { asAssessed: async () => change },
    models: {
      champion: async () => ({ _id: 'champion/failure', revision: 0, current: null, former: [] }),
      get: async () => null,
      list: async () => [],
    },
    predictions: { record: async () => true },
    artefacts: { get: () => Promise.reject(new Error('nobody asks for artefacts')) },
    ...parts,
  };
}

/** A champion that has learned that many lines fail. */
function givenChampion(): Partial<PredictionDependencies> {
  const random = mulberry32(3);
  const lines = Float64Array.from({ length: 400 }, () => 1_000 * random());
  const labels = lines.map((added) => (added > 500 ? 1 : 0));
  const table = { names: ['change.la'], columns: [lines], rows: lines.length };
  const predictor = trainPredictor({ table, labels, times: null, kind: 'logistic', seed: 1 });
  const current = { version: 'failure/4', by: 'sre', reason: 'better', at: new Date(0) };
  return {
    models: {
      champion: async (): Promise<Champion> => ({ _id: 'champion/failure', revision: 1, current, former: [] }),
      get: async () => ({ _id: 'failure/4', artefact: {} }) as ModelVersion,
      list: async () => [],
    },
    artefacts: { get: async () => Buffer.from(JSON.stringify(predictor)) },
  };
}

describe('predicting failure at a start', () => {
  it('says nothing of a change of which nothing was told', async () => {
    expect(await predictFailure(given({ features: { asAssessed: async () => ({}) } }), rollout, 0)).toBeUndefined();
  });

  it('does not ask the shipped model of a change that was not measured, however much else is known', async () => {
    const others = { 'build.seconds': 300, 'deployments.flagEnded': 4, 'system.cpu': 0.5, 'behaviour.deviation': null };
    expect(await predictFailure(given({ features: { asAssessed: async () => others } }), rollout, 0)).toBeUndefined();
  });

  it('predicts by the shipped model as if nothing but the change were known', async () => {
    const alone = (await predictFailure(given(), rollout, 0))?.reason;
    const more = { ...change, 'build.seconds': 9_000, 'deployments.authorFailureShare': 0.9, 'system.errorRate': 0.4 };
    const known = await predictFailure(given({ features: { asAssessed: async () => more } }), rollout, 0);
    expect(known?.reason).toEqual(alone);
  });

  it('asks the shipped model where there is no other, and believes it by half', async () => {
    const reason = (await predictFailure(given(), rollout, 0))?.reason;
    expect(reason).toMatchObject({ code: 'FAILURE_PREDICTED' });
    expect(reason?.text).toMatch(
      /^the shipped model predicts failure with \d+ %, riskier than \d+ % .*lines.*Recorded only\.$/,
    );
    expect(reason?.numbers?.['rank']).toBeGreaterThan(0.8);
    // Above the base rate of one in ten, and far below what it says of bug-inducing commits.
    expect(reason?.numbers?.['probability']).toBeGreaterThan(0.1);
    expect(reason?.numbers?.['probability']).toBeLessThan(0.5);
  });

  it('asks the champion where there is one', async () => {
    const large = (await predictFailure(given(givenChampion()), rollout, 0))?.reason;
    expect(large?.text).toContain('failure/4 predicts failure');
    const features = { asAssessed: async () => ({ ...change, 'change.la': 10 }) };
    const small = (await predictFailure(given({ ...givenChampion(), features }), rollout, 0))?.reason;
    expect(large?.numbers?.['probability']).toBeGreaterThan(small?.numbers?.['probability'] ?? 1);
  });

  it.each([
    ['auto', 'the shipped model', {}, false],
    ['auto', 'an own model', givenChampion(), true],
    ['act', 'the shipped model', {}, true],
    ['shadow', 'an own model', givenChampion(), false],
  ] as const)('in mode %s, decided by %s', async (mode, _who, parts, acts) => {
    const prediction = { ...DEFAULT_PREDICTION, mode };
    const predicted = await predictFailure(given(parts), { ...rollout, prediction }, 0);
    expect(predicted?.acts).toBe(acts);
    expect(predicted?.reason.text.endsWith('Recorded only.')).toBe(!acts);
  });

  it("asks nobody in mode off, and draws the shipped model to the plan's own base rate", async () => {
    const off = { ...rollout, prediction: { ...DEFAULT_PREDICTION, mode: 'off' as const } };
    expect(await predictFailure(given(), off, 0)).toBeUndefined();
    const probabilityAt = async (baseRate: number): Promise<number> =>
      (await predictFailure(given(), { ...rollout, prediction: { ...DEFAULT_PREDICTION, baseRate } }, 0))
        ?.probability ?? NaN;
    expect(await probabilityAt(0.02)).toBeLessThan(await probabilityAt(0.2));
  });

  it.each([
    ['broken', { ...givenChampion(), artefacts: { get: async () => Buffer.from('{') } }],
    ['lost', { ...givenChampion(), artefacts: { get: () => Promise.reject(new Error('not there')) } }],
    ['unreachable', { features: { asAssessed: () => Promise.reject(new Error('database away')) } }],
    ['slow', { features: { asAssessed: () => new Promise<never>(() => undefined) } }],
  ])('is held up by no model that is %s, and says it', async (_how, parts) => {
    const predicted = await predictFailure(
      given(parts),
      { ...rollout, prediction: { ...DEFAULT_PREDICTION, mode: 'act' } },
      0,
    );
    const reason = predicted?.reason;
    expect(predicted).toMatchObject({ probability: null, acts: false });
    expect(reason).toMatchObject({ code: 'FAILURE_NOT_PREDICTED' });
    expect(reason?.text).toContain('goes on by evidence alone');
  });
});
