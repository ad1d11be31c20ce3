import { randomUUID } from 'node:crypto';
import { connectDatabase, type Database } from '../../../store/database';
import { DeploymentsRepository } from '../../../store/deployments-repository';
import { FeaturesRepository } from '../../../store/features-repository';
import { ModelDriftRepository } from '../../../store/model-drift-repository';
import { ModelsRepository } from '../../../store/models-repository';
import { PredictionsRepository } from '../../../store/predictions-repository';
import { givenServer, type ServerUnderTest } from '../../support/server-under-test';

let server: ServerUnderTest;
let database: Database;
let operator: string;
let viewer: string;

beforeAll(async () => {
  server = await givenServer();
  database = await connectDatabase({ url: server.config.mongodbUrl, name: server.config.mongodbDatabase });
  operator = await server.token('operator');
  viewer = await server.token('viewer');
});
afterAll(async () => {
  await database.close();
  await server.close();
});

describe('the model registry over HTTP', () => {
  beforeAll(async () => {
    const models = new ModelsRepository(database.db);
    for (const auc of [0.7, 0.8]) {
      const sha256 = randomUUID().replaceAll('-', '').repeat(2);
      await models.register({
        kind: 'failure',
        configuration: { model: 'forest' },
        features: ['change.la'],
        catalogueVersion: 1,
        data: { fingerprint: 'f'.repeat(64), rows: 100, failures: 12 },
        metrics: { auc },
        codeVersion: '0.1.0',
        seed: 1,
        trainedAt: new Date(0),
        trainedBy: 'schedule',
        artefact: { store: 'gridfs', key: `models/${sha256}`, sha256, sizeBytes: 10 },
      });
    }
  });

  const choose = (body: object, as = operator) => server.call('POST', '/v1/models/champion', { as, body });

  it('lists models with the one that decides, and where it lies is told to nobody', async () => {
    const { body } = await server.call('GET', '/v1/models', { as: viewer });
    const models = JSON.parse(body) as Record<string, unknown>[];
    expect(models).toMatchObject([
      { version: 'failure/2', stage: 'challenger', metrics: { auc: 0.8 } },
      { version: 'failure/1', stage: 'challenger' },
    ]);
    expect(body).not.toContain('gridfs');
  });

  it('promotes with a reason, and goes back as easily', async () => {
    const first = await choose({ version: 'failure/1', reason: 'it has to begin somewhere' });
    expect(first.json()).toEqual({ champion: 'failure/1', before: null });
    await choose({ version: 'failure/2', reason: 'better' });
    const listed = await server.call('GET', '/v1/models', { as: viewer });
    expect(listed.json()).toMatchObject([
      { version: 'failure/2', stage: 'champion', promotedBy: 'operator-token', promotedFor: 'better' },
      { version: 'failure/1', stage: 'challenger' },
    ]);
    expect((await choose({ reason: 'worse' })).json()).toEqual({ champion: 'failure/1', before: 'failure/2' });
    expect((await choose({ reason: 'worse still' })).json()).toEqual({ champion: null, before: 'failure/1' });
    expect((await choose({ reason: 'again' })).statusCode).toBe(409);
  });

  it('refuses versions that are not there, and people who may not', async () => {
    const nowhere = await choose({ version: 'failure/9', reason: 'r' });
    expect([nowhere.statusCode, nowhere.json()]).toMatchObject([404, { code: 'MODEL_NOT_FOUND' }]);
    expect((await choose({ version: 'nonsense', reason: 'r' })).statusCode).toBe(400);
    expect((await choose({ version: 'failure/1' })).statusCode).toBe(400);
    expect((await choose({ version: 'failure/1', reason: 'r' }, viewer)).statusCode).toBe(403);
  });

  it('shows the drift of the version that is watched, on a scrape too', async () => {
    const scraped = async () =>
      (await server.call('GET', '/metrics', { as: viewer })).body
        .split('\n')
        .filter((line) => line.startsWith('headgate_model'));
    expect(await scraped()).toEqual([]);
    const feature = { feature: 'change.la', evidence: 60, stability: 0.3, isDrifted: true };
    const inputs = { status: 'watched' as const, changes: 90, needed: 30, evidenceNeeded: 40, features: [feature] };
    const alert = { drift: 'inputs' as const, since: new Date(0), text: 'it has drifted' };
    const found = {
      version: 'failure/2',
      fingerprint: 'f',
      at: new Date(0),
      inputs,
      alerts: [{ ...alert, attempts: 1, triedAt: new Date(0), isTold: true }],
    };
    expect(await new ModelDriftRepository(database.db).swap(null, found, 'failure')).not.toBeNull();
    const listed = await server.call('GET', '/v1/models', { as: viewer });
    const since = '1970-01-01T00:00:00.000Z';
    const [second, first] = listed.json<{ version: string; drift?: unknown }[]>();
    expect(second).toMatchObject({
      version: 'failure/2',
      drift: { at: since, inputs, alerts: [{ drift: 'inputs', since, text: 'it has drifted', isTold: true }] },
    });
    expect(first?.drift).toBeUndefined();
    expect(await scraped()).toEqual([
      'headgate_model_drifted{drift="inputs"} 1',
      'headgate_model_drifted{drift="calibration"} 0',
      'headgate_model_features_drifted 1',
      'headgate_model_changes_watched 90',
    ]);
  });

  it('puts a challenger on trial, shows it with its scores, and ends it', async () => {
    const attempt = (body: object, as = operator) => server.call('POST', '/v1/models/trial', { as, body });
    const interval = { value: 0.1, low: 0.05, high: 0.2 };
    const against = { champion: 'shipped', gain: interval, evidence: 30, needed: 20, isBetterBeyondNoise: true };
    const score = { rollouts: 80, failures: 9, brier: interval, logLoss: interval, auc: null, against };
    await new PredictionsRepository(database.db).keepScores({
      _id: 'failure',
      fingerprint: 'f',
      at: new Date(0),
      scores: [{ version: 'failure/2', ...score }],
    });
    const tried = await attempt({ version: 'failure/2', share: 20, reason: 'to compare' });
    expect(tried.json()).toEqual({ version: 'failure/2', share: 20 });
    const listed = await server.call('GET', '/v1/models', { as: viewer });
    expect(listed.json()).toMatchObject([{ version: 'failure/2', trialShare: 20, live: score }, {}]);
    expect((await attempt({ version: 'failure/9', share: 20, reason: 'r' })).statusCode).toBe(404);
    expect((await attempt({ version: 'failure/2', share: 60, reason: 'r' })).statusCode).toBe(400);
    expect((await attempt({ reason: 'r' }, viewer)).statusCode).toBe(403);
    expect((await attempt({ reason: 'enough' })).json()).toEqual({ version: null, share: 0 });
  });

  it('starts a training, and attaches to the one under way', async () => {
    const starts = await Promise.all(
      [1, 2].map(() => server.call('POST', '/v1/models/train', { as: operator, body: {} })),
    );
    expect(starts.map(({ statusCode }) => statusCode)).toEqual([202, 202]);
    expect(starts[0]?.json()).toMatchObject({
      workflowId: 'training/failure',
      webUrl: expect.stringContaining('training%2Ffailure') as string,
    });
    const [first, second] = starts.map((start) => start.json<{ runId: string; outcome: string }>());
    expect(second?.runId).toBe(first?.runId);
    expect([first?.outcome, second?.outcome]).toContain('attached');
    const shown = await server.call('GET', `/v1/models/train/${first?.runId ?? ''}`, { as: viewer });
    // Nobody takes tasks of the queue of trainings here.
    expect(shown.json()).toEqual({ runId: first?.runId, phase: 'running' });
  });

  it('knows no training of another run id', async () => {
    const answer = await server.call('GET', `/v1/models/train/${randomUUID()}`, { as: viewer });
    expect([answer.statusCode, answer.json()]).toMatchObject([404, { code: 'TRAINING_NOT_FOUND' }]);
    expect((await server.call('GET', '/v1/models/train/latest', { as: viewer })).statusCode).toBe(400);
  });
});

describe('rows to learn from', () => {
  const started = new Date(1_700_000_000_000);
  const ended = new Date(started.getTime() + 3_600_000);

  beforeAll(async () => {
    const [deployments, features] = [new DeploymentsRepository(database.db), new FeaturesRepository(database.db)];
    for (const [id, environment, failed] of [
      ['a', 'production', true],
      ['b', 'production', false],
      ['c', 'staging', true],
      ['unknown', 'production', null],
      ['featureless', 'production', true],
    ] as const) {
      const label = { failed, source: 'outcome' as const, by: 'rollout', reason: 'its end', at: ended };
      const flagKey = 'rows';
      const outcome = failed === true ? 'rolled_back' : 'completed';
      await deployments.record({ _id: id, environment, flagKey, startedAt: started, endedAt: ended, outcome, label });
      if (id === 'featureless') continue;
      const entity = { kind: 'rollout', id };
      const known = { environment, entity, catalogueVersion: 1 };
      await features.add({
        ...known,
        at: started,
        recordedAt: started,
        values: { 'change.la': 12, 'change.lt': null },
      });
      // Measured when it had ended: known too late to be learned from.
      await features.add({ ...known, at: ended, recordedAt: ended, values: { 'change.la': 99 } });
    }
  });

  it('are those of the environment whose end is known, as they were known at the start', async () => {
    const path = '/v1/environments/production/training-rows';
    const row = { startedAt: started.toISOString(), values: { 'change.la': 12, 'change.lt': null } };
    expect((await server.call('GET', path, { as: viewer })).json()).toEqual([
      { id: 'a', failed: true, ...row },
      { id: 'b', failed: false, ...row },
    ]);
    expect((await server.call('GET', `${path}?limit=9999`, { as: viewer })).statusCode).toBe(400);
    expect((await server.call('GET', path.replace('production', 'nowhere'), { as: viewer })).json()).toEqual([]);
  });
});

describe('labels of ended rollouts', () => {
  beforeAll(async () => {
    const at = new Date(1_700_000_000_000);
    await new DeploymentsRepository(database.db).record({
      _id: 'checkout-abcdefgh',
      environment: 'production',
      flagKey: 'checkout',
      startedAt: at,
      endedAt: at,
      outcome: 'rolled_back',
      label: { failed: true, source: 'outcome', by: 'rollout', reason: 'it was rolled back', at },
    });
  });
  const path = '/v1/environments/production/rollouts/checkout-abcdefgh/label';

  it('are shown and corrected, with who and why', async () => {
    expect((await server.call('GET', path, { as: viewer })).json()).toMatchObject({ failed: true, source: 'outcome' });
    const body = { failed: null, reason: 'the database was down' };
    expect((await server.call('PUT', path, { as: viewer, body })).statusCode).toBe(403);
    const corrected = await server.call('PUT', path, { as: operator, body });
    expect(corrected.json()).toMatchObject({ ...body, source: 'person', by: 'operator-token' });
    expect((await server.call('GET', path, { as: viewer })).json()).toMatchObject(body);
  });

  it('are of their own environment, and of rollouts that there are', async () => {
    for (const other of [path.replace('production', 'staging'), path.replace('checkout', 'nowhere')]) {
      expect((await server.call('GET', other, { as: viewer })).statusCode).toBe(404);
      expect((await server.call('PUT', other, { as: operator, body: { failed: true, reason: 'r' } })).statusCode).toBe(
        404,
      );
    }
  });
});
