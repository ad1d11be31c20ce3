import { packRows } from '../../../activities/training-rows';
import { watchModels, type WatchDependencies } from '../../../activities/watch-models';
import { sign } from '../../../core/signing';
import { pointsOf } from '../../../ml/evaluation/input-sketch';
import { defaultPredictor } from '../../../ml/prediction/default-predictor';
import { mulberry32 } from '../../../ml/random/mulberry32';
import { GridFsArtefactStore } from '../../../store/artefacts/gridfs-artefact-store';
import { FeaturesRepository } from '../../../store/features-repository';
import { ModelDriftRepository } from '../../../store/model-drift-repository';
import { FAILURE_MODEL, ModelsRepository } from '../../../store/models-repository';
import { PredictionsRepository, type LiveScore } from '../../../store/predictions-repository';
import { givenDatabase } from '../../support/database';

const DAY_MS = 86_400_000;
const TRAINED_MS = Date.UTC(2026, 5, 1);
const SECRET = 'sixteen characters';

let database: Awaited<ReturnType<typeof givenDatabase>>;
let received: { body: Record<string, unknown>; signature: string }[];
let answers: number;
let nowMs: number;
let dependencies: WatchDependencies;

beforeEach(async () => {
  database = await givenDatabase();
  const { db } = database;
  received = [];
  answers = 200;
  nowMs = TRAINED_MS + 100 * DAY_MS;
  dependencies = {
    features: new FeaturesRepository(db),
    artefacts: new GridFsArtefactStore(db),
    models: new ModelsRepository(db),
    predictions: new PredictionsRepository(db),
    drift: new ModelDriftRepository(db),
    clock: { nowMs: () => nowMs },
    now: () => TRAINED_MS,
    log: () => undefined,
    webhooks: [{ url: 'https://hooks.example.com/headgate', secret: SECRET }],
    fetch: (_url, init) => {
      const headers = init?.headers as Record<string, string>;
      const body = JSON.parse(init?.body as string) as Record<string, unknown>;
      received.push({ body, signature: headers['headgate-signature'] ?? '' });
      return Promise.resolve(new Response(null, { status: answers }));
    },
  };
});
afterEach(() => database.close());

/** A champion that has learned from changes of up to a thousand lines by authors of up to ten changes. */
async function givenChampion(number = 1): Promise<void> {
  const random = mulberry32(number);
  const rows = Array.from({ length: 200 }, (_, index) => ({
    id: `old-${index}`,
    atMs: TRAINED_MS - (200 - index) * 3_600_000,
    failed: index % 5 === 0,
    values: { 'change.la': 1_000 * random(), 'change.exp': Math.floor(10 * random()) },
  }));
  const artefacts = dependencies.artefacts as GridFsArtefactStore;
  const models = new ModelsRepository(database.db);
  const artefact = await artefacts.put(packRows(rows, 1));
  const version = await models.register({
    kind: FAILURE_MODEL,
    configuration: { model: 'logistic' },
    features: ['change.exp', 'change.la'],
    catalogueVersion: 1,
    data: { fingerprint: artefact.sha256, rows: 200, failures: 40, artefact },
    metrics: {},
    codeVersion: 'test',
    seed: 1,
    trainedAt: new Date(TRAINED_MS),
    trainedBy: 'test',
    artefact: { ...artefact, sha256: `${number}`.repeat(64) },
  });
  const { revision } = await models.champion(FAILURE_MODEL);
  const promotion = { version: version._id, by: 'test', reason: 'first', at: new Date(TRAINED_MS) };
  await models.promote(FAILURE_MODEL, promotion, revision);
}

/** Changes since the training, whose lines are `times` those that were learned from. */
async function givenChanges(from: number, to: number, times: number): Promise<void> {
  const random = mulberry32(from + 17);
  await givenEach(from, to, () => ({
    'change.la': times * 1_000 * random(),
    'change.exp': Math.floor(10 * random()),
  }));
}

async function givenEach(from: number, to: number, valuesOf: () => Record<string, number>): Promise<void> {
  const features = new FeaturesRepository(database.db);
  const predictions = new PredictionsRepository(database.db);
  for (let index = from; index < to; index++) {
    const id = `new-${index}`;
    const at = new Date(TRAINED_MS + index * 3_600_000);
    const values = valuesOf();
    const known = { environment: 'production', entity: { kind: 'rollout', id }, catalogueVersion: 1, at };
    await features.add({ ...known, recordedAt: at, values });
    // What became known later was not known to the model.
    await features.add({ ...known, recordedAt: new Date(at.getTime() + 1), values: { 'change.exp': -1 } });
    const said = [{ version: 'failure/1', probability: 0.2 }];
    await predictions.record({
      _id: id,
      kind: FAILURE_MODEL,
      environment: 'production',
      at,
      decidedBy: 'failure/1',
      isTrial: false,
      said,
    });
  }
}

const inputsFound = async () => (await dependencies.drift.get(FAILURE_MODEL))?.inputs;

it('says that changes are too few', async () => {
  expect(await watchModels(dependencies)).toEqual([]);
  expect(await inputsFound()).toMatchObject({ status: 'too_few', changes: 0, needed: 30, features: [] });
  await givenChampion();
  await givenChanges(1, 30, 50);
  expect(await watchModels(dependencies)).toEqual([]);
  expect(await inputsFound()).toMatchObject({ status: 'too_few', changes: 29, needed: 30 });
});

it('finds nothing in changes such as it has learned from', async () => {
  await givenChampion();
  await givenChanges(1, 101, 1);
  expect(await watchModels(dependencies)).toEqual([]);
  const inputs = await inputsFound();
  expect(inputs).toMatchObject({ status: 'watched', changes: 100, evidenceNeeded: 40 });
  expect(inputs?.features.map(({ isDrifted }) => isDrifted)).toEqual([false, false]);
  expect(received).toEqual([]);
});

it('tells of the onset once, signed, names what has drifted, and tells anew of another champion', async () => {
  await givenChampion();
  await givenChanges(1, 61, 6);
  expect(await watchModels(dependencies)).toEqual(['inputs']);
  expect(await watchModels(dependencies)).toEqual(['inputs']);
  await givenChanges(61, 71, 6);
  expect(await watchModels(dependencies)).toEqual(['inputs']);
  expect(received).toHaveLength(1);
  const [{ body, signature } = { body: {}, signature: '' }] = received;
  expect(body).toMatchObject({ event: 'model_drift', model: 'failure/1', drift: 'inputs' });
  expect(body['text']).toMatch(/change\.la \(\d\.\d\d\), over 60 changes/);
  expect(body['text']).not.toContain('change.exp');
  expect(signature).toBe(`sha256=${sign(SECRET, body)}`);
  await givenChampion(2);
  expect(await watchModels(dependencies)).toEqual(['inputs']);
  expect(received.map(({ body: { model } }) => model)).toEqual(['failure/1', 'failure/2']);
});

/** Names in the catalogue of what the shipped model reads, in its order. */
const SHIPPED_INPUTS =
  'ns nd nf entropy la ld lt fix fileDevelopers age fileChanges authorFileChanges recentAuthorFileChanges authorFilesInSubsystems'
    .split(' ')
    .map((name) => `change.${name}`);

/** Changes whose measures each come from where those lay that the shipped model has learned from, with `times` their lines. */
async function givenChangesOfShipped(count: number, times: number): Promise<void> {
  const random = mulberry32(5);
  const columns = (defaultPredictor().json.inputs ?? []).map(pointsOf);
  await givenEach(1, count + 1, () => {
    const values = columns.map((points) => points[Math.floor(points.length * random())] ?? Number.NaN);
    return Object.fromEntries(
      SHIPPED_INPUTS.map((name, at) => [name, (name === 'change.la' ? times : 1) * (values[at] ?? 0)]),
    );
  });
}

it('finds nothing in changes such as the shipped model has learned from, without a champion of its own', async () => {
  await givenChangesOfShipped(120, 1);
  expect(await watchModels(dependencies)).toEqual([]);
  const inputs = await inputsFound();
  expect(inputs).toMatchObject({ status: 'watched', changes: 120, evidenceNeeded: 280 });
  expect(inputs?.features.map(({ isDrifted }) => isDrifted)).not.toContain(true);
  expect(received).toEqual([]);
});

it('tells that the shipped model is asked of other changes, and of a source that is silent', async () => {
  await givenChangesOfShipped(60, 40);
  expect(await watchModels(dependencies)).toEqual(['inputs']);
  expect(received.map(({ body: { model, text } }) => [model, text])).toEqual([
    [
      'shipped',
      expect.stringMatching(
        /^shipped is asked of other changes than it has learned from: la \(\d\.\d\d\), over 60 changes since$/,
      ),
    ],
  ]);
  await givenChanges(61, 121, 1);
  expect(await watchModels(dependencies)).toEqual(['inputs']);
  const drifted = (await inputsFound())?.features.filter(({ isDrifted }) => isDrifted) ?? [];
  expect(drifted.map(({ feature }) => feature)).toEqual(expect.arrayContaining(['ns', 'nf', 'entropy']));
});

it('tells of calibration, and is over when that is', async () => {
  await givenChampion();
  const scored = (isOff: boolean): LiveScore => ({
    version: 'failure/1',
    rollouts: 40,
    failures: 20,
    brier: { value: 0.3, low: 0.2, high: 0.4 },
    logLoss: { value: 0.3, low: 0.2, high: 0.4 },
    auc: null,
    calibration: { expected: 6.25, evidence: isOff ? 90 : 3, needed: 20, isOff },
  });
  const keep = (fingerprint: string, isOff: boolean): Promise<void> =>
    new PredictionsRepository(database.db).keepScores({
      _id: FAILURE_MODEL,
      fingerprint,
      at: new Date(),
      scores: [scored(isOff)],
    });
  await keep('a', true);
  expect(await watchModels(dependencies)).toEqual(['calibration']);
  expect(received[0]?.body['text']).toBe(
    'failure/1 no longer says how many rollouts fail: 6.3 expected of 40, 20 seen',
  );
  await keep('b', false);
  expect(await watchModels(dependencies)).toEqual([]);
  expect(received).toHaveLength(1);
});

it('tries receivers that fail three times, and then no more', async () => {
  await givenChampion();
  await givenChanges(1, 61, 6);
  answers = 503;
  for (let run = 0; run < 10; run++) {
    expect(await watchModels(dependencies)).toEqual(['inputs']);
    // What began less than a minute ago may still be under way.
    nowMs += 40_000;
  }
  expect(new Set(received.map(({ body: { id } }) => id)).size).toBe(1);
  expect(received).toHaveLength(3);
  const drift = await dependencies.drift.get(FAILURE_MODEL);
  expect(drift?.alerts).toMatchObject([{ drift: 'inputs', attempts: 3, isTold: false }]);
});

it('tells once though many workers find it together', async () => {
  await givenChampion();
  await givenChanges(1, 61, 6);
  await Promise.all(Array.from({ length: 6 }, () => watchModels(dependencies)));
  expect(received).toHaveLength(1);
});

it('keeps the latest predictions of a kind, and none that are too old', async () => {
  await givenChanges(1, 21, 1);
  const predictions = new PredictionsRepository(database.db);
  const left = async () => (await predictions.latest(FAILURE_MODEL, 100)).map(({ _id }) => _id);
  const longAgo = new Date(TRAINED_MS);
  expect(await predictions.prune('other', new Date(TRAINED_MS + 90 * DAY_MS), 0)).toBe(0);
  expect(await predictions.prune(FAILURE_MODEL, longAgo, 20)).toBe(0);
  expect(await predictions.prune(FAILURE_MODEL, longAgo, 8)).toBe(12);
  expect(await predictions.prune(FAILURE_MODEL, longAgo, 8)).toBe(0);
  expect(await predictions.prune(FAILURE_MODEL, new Date(TRAINED_MS + 16 * 3_600_000), 8)).toBe(3);
  expect(await left()).toEqual(['new-20', 'new-19', 'new-18', 'new-17', 'new-16']);
});
