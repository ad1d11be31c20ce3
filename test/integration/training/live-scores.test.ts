import { randomUUID } from 'node:crypto';
import { predictFailure } from '../../../activities/predict-failure';
import { scoreModels } from '../../../activities/score-models';
import { predictInShadow } from '../../../activities/shadow-predictions';
import { trainPredictor } from '../../../ml/prediction/train-predictor';
import { mulberry32 } from '../../../ml/random/mulberry32';
import { GridFsArtefactStore } from '../../../store/artefacts/gridfs-artefact-store';
import { DeploymentsRepository } from '../../../store/deployments-repository';
import { FeaturesRepository } from '../../../store/features-repository';
import { FAILURE_MODEL, ModelsRepository } from '../../../store/models-repository';
import { PredictionsRepository, type RolloutPrediction } from '../../../store/predictions-repository';
import { givenDatabase } from '../../support/database';

let database: Awaited<ReturnType<typeof givenDatabase>>;
let models: ModelsRepository;
let predictions: PredictionsRepository;
let deployments: DeploymentsRepository;
let features: FeaturesRepository;
let artefacts: GridFsArtefactStore;
const now = new Date(Date.UTC(2026, 5, 1));

beforeAll(async () => {
  database = await givenDatabase();
  const { db } = database;
  models = new ModelsRepository(db);
  predictions = new PredictionsRepository(db);
  deployments = new DeploymentsRepository(db);
  features = new FeaturesRepository(db);
  artefacts = new GridFsArtefactStore(db);
  // The first has learned that many lines fail; the second the contrary; the artefact of the third is lost.
  await register((lines) => lines > 500);
  await register((lines) => lines <= 500);
  await register(null);
  const { revision } = await models.champion(FAILURE_MODEL);
  await models.promote(FAILURE_MODEL, { version: 'failure/2', by: 'sre', reason: 'first', at: now }, revision);
});
afterAll(() => database.close());

async function register(rule: ((lines: number) => boolean) | null): Promise<void> {
  const random = mulberry32(3);
  const lines = Float64Array.from({ length: 300 }, () => 1_000 * random());
  const labels = lines.map((added) => (rule?.(added) === true && random() < 0.8 ? 1 : 0));
  labels[0] = 1;
  const table = { names: ['change.la'], columns: [lines], rows: lines.length };
  const json = JSON.stringify(trainPredictor({ table, labels, times: null, kind: 'logistic', seed: 1 }));
  const artefact =
    rule === null
      ? { store: 'gridfs' as const, key: 'models/lost', sha256: 'f'.repeat(64), sizeBytes: 1 }
      : await artefacts.put(Buffer.from(json));
  await models.register({
    kind: FAILURE_MODEL,
    configuration: { model: 'logistic' },
    features: ['change.la'],
    catalogueVersion: 1,
    data: { fingerprint: randomUUID(), rows: 300, failures: 100 },
    metrics: {},
    codeVersion: 'test',
    seed: 1,
    trainedAt: now,
    trainedBy: 'test',
    artefact,
  });
}

async function startedRollout(id: string, lines: number): Promise<RolloutPrediction> {
  const entity = { kind: 'rollout', id };
  const known = { environment: 'production', entity, catalogueVersion: 1, at: now, recordedAt: now };
  await features.add({ ...known, values: { 'change.la': lines } });
  const dependencies = { features, models, artefacts, predictions };
  const predicted = await predictFailure(dependencies, { environment: 'production', rolloutId: id }, now.getTime());
  expect(predicted?.reason.code).toBe('FAILURE_PREDICTED');
  for (const until = Date.now() + 60_000; Date.now() < until;) {
    const found = await predictions.get(id);
    if (found !== null) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('nothing was kept of the models in the shadow');
}

it('keeps what each challenger says beside the champion, and leaves out what cannot be loaded', async () => {
  const prediction = await startedRollout('r-first', 900);
  expect(prediction).toMatchObject({ decidedBy: 'failure/2', isTrial: false, environment: 'production' });
  expect(prediction.said.map(({ version }) => version)).toEqual(['failure/2', 'failure/1']);
  const [champion, challenger] = prediction.said;
  expect(challenger?.probability).toBeGreaterThan(champion?.probability ?? 1);
});

it('never throws, whatever is away', async () => {
  const away = { models: { get: async () => null, list: () => Promise.reject(new Error('away')) } };
  const standing = await models.champion(FAILURE_MODEL);
  const decided = { environment: 'production', rolloutId: 'r-away', named: {}, baseRate: 0.1, standing };
  const asked = { ...decided, decidedBy: 'failure/2', probability: 0.1, atMs: 0 };
  expect(await predictInShadow({ ...away, artefacts, predictions }, asked)).toBe(false);
});

it('lets a challenger on trial decide for its share, with the champion in the shadow', async () => {
  const trial = { version: 'failure/1', share: 50, by: 'sre', reason: 'to compare', at: now };
  await models.setTrial(FAILURE_MODEL, trial, (await models.champion(FAILURE_MODEL)).revision);
  const made = [];
  for (let number = 0; number < 12; number++) made.push(await startedRollout(`trial-${number}`, 500));
  const tried = made.filter(({ isTrial }) => isTrial);
  expect(tried.length).toBeGreaterThan(0);
  expect(tried.length).toBeLessThan(12);
  for (const { decidedBy, said } of tried) {
    expect(decidedBy).toBe('failure/1');
    expect(said.map(({ version }) => version)).toEqual(['failure/1', 'failure/2']);
  }
  const promoted = { version: 'failure/1', by: 'sre', reason: 'agreed', at: now };
  const { revision } = await models.champion(FAILURE_MODEL);
  const after = await models.promote(FAILURE_MODEL, promoted, revision);
  expect(after.trial).toBeUndefined();
  await models.rollBack(FAILURE_MODEL, { by: 'sre', reason: 'only tried', at: now }, after.revision);
});

it('scores champion and challengers once ends are known, anew for a corrected label, and else not', async () => {
  const random = mulberry32(4);
  const parts = { predictions, deployments, models, clock: { nowMs: () => now.getTime() } };
  for (let number = 0; number < 120; number++) {
    const risky = random() < 0.5;
    const said = [
      { version: 'failure/2', probability: 0.5 },
      { version: 'failure/1', probability: risky ? 0.9 : 0.1 },
    ];
    const _id = `scored-${number}`;
    const base = { kind: FAILURE_MODEL, environment: 'production', at: now, decidedBy: 'failure/2', isTrial: false };
    expect(await predictions.record({ ...base, _id, said })).toBe(true);
    const failed = random() < (risky ? 0.9 : 0.1);
    await deployments.record({
      _id,
      environment: 'production',
      flagKey: 'checkout',
      startedAt: now,
      endedAt: now,
      outcome: failed ? 'rolled_back' : 'completed',
      label: { failed, source: 'outcome', by: 'test', reason: 'test', at: now },
    });
  }
  expect(await scoreModels(parts)).toBe(true);
  expect(await scoreModels(parts)).toBe(false);
  const live = await predictions.scores(FAILURE_MODEL);
  expect(live?.scores.map(({ version, rollouts }) => [version, rollouts])).toEqual([
    ['failure/2', 120],
    ['failure/1', 120],
  ]);
  expect(live?.scores[1]?.against).toMatchObject({ champion: 'failure/2', isBetterBeyondNoise: true });
  const label = { failed: null, source: 'person' as const, by: 'sre', reason: 'an outage', at: new Date() };
  await deployments.relabel('scored-0', label);
  expect(await scoreModels(parts)).toBe(true);
  expect((await predictions.scores(FAILURE_MODEL))?.scores[0]?.rollouts).toBe(119);
});
