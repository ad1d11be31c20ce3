import { Collection } from '../../../store/collections';
import { GridFsArtefactStore } from '../../../store/artefacts/gridfs-artefact-store';
import { DeploymentsRepository, type DeploymentDocument } from '../../../store/deployments-repository';
import { FeaturesRepository } from '../../../store/features-repository';
import { ModelsRepository, type ModelVersion } from '../../../store/models-repository';
import { givenDatabase } from '../../support/database';

let database: Awaited<ReturnType<typeof givenDatabase>>;
beforeAll(async () => {
  database = await givenDatabase();
});
afterAll(() => database.close());

const day = (number: number): Date => new Date(Date.UTC(2026, 0, number));

describe('past deployments', () => {
  const ended = (id: string, on: number, failed: boolean | null): Omit<DeploymentDocument, 'formerLabels'> => ({
    _id: id,
    environment: 'production',
    flagKey: 'checkout',
    service: 'shop',
    author: 'a1',
    startedAt: day(on),
    endedAt: day(on + 1),
    outcome: failed === true ? 'rolled_back' : 'completed',
    label: { failed, source: 'outcome', by: 'rollout', reason: 'its end', at: day(on + 1) },
  });
  let deployments: DeploymentsRepository;
  beforeAll(async () => {
    deployments = new DeploymentsRepository(database.db);
    for (const one of [ended('d1', 1, false), ended('d2', 5, true), ended('d3', 9, null)])
      await deployments.record(one);
  });

  it('are recorded once', async () => {
    expect(await deployments.record(ended('d2', 7, false))).toBe(false);
    expect((await deployments.get('d2'))?.outcome).toBe('rolled_back');
  });

  it('count what had ended by then, and nothing later', async () => {
    const seen = await Promise.all(
      [1, 3, 7, 20].map((on) => deployments.history('production', { flagKey: 'checkout' }, day(on))),
    );
    expect(seen.map((history) => [history.ended, history.succeeded, history.failed])).toEqual([
      [0, 0, 0],
      [1, 1, 0],
      [2, 1, 1],
      [3, 1, 1],
    ]);
    expect(seen[2]?.lastEndedAt).toEqual(day(6));
  });

  it('never meet in another environment', async () => {
    const elsewhere = await deployments.history('staging', { service: 'shop' }, day(20));
    const none = { ended: 0, failed: 0, succeeded: 0, completed: 0, rolledBack: 0, lastEndedAt: null };
    expect(elsewhere).toEqual(none);
  });

  it('keep the label a person has given, and what was known before it', async () => {
    const person = {
      failed: false,
      source: 'person' as const,
      by: 'sre',
      reason: 'the database was down',
      at: day(12),
    };
    const relabelled = await deployments.relabel('d2', person);
    expect(relabelled?.formerLabels).toHaveLength(1);
    const machine = { failed: true, source: 'outcome' as const, by: 'rollout', reason: 'again', at: day(13) };
    expect((await deployments.relabel('d2', machine))?.label).toEqual(person);
    expect((await deployments.history('production', { author: 'a1' }, day(11))).failed).toBe(1);
    expect((await deployments.history('production', { author: 'a1' }, day(20))).failed).toBe(0);
    expect(await deployments.relabel('nobody', person)).toBeNull();
  });

  it('are rows to learn from only once somebody can tell', async () => {
    const rows = await deployments.labelled(['production'], day(20));
    expect(rows.map(({ _id, label }) => [_id, label.failed])).toEqual([
      ['d1', false],
      ['d2', false],
    ]);
    expect(await deployments.labelled(['staging'], day(20))).toEqual([]);
  });

  it('lose no correction that another is made beside', async () => {
    await deployments.record(ended('d9', 15, false));
    const by = ['p', 'q', 'r', 's'];
    await Promise.all(
      by.map((name, index) =>
        deployments.relabel('d9', { failed: true, source: 'person', by: name, reason: name, at: day(17 + index) }),
      ),
    );
    const standing = await deployments.get('d9');
    const seen = [...(standing?.formerLabels ?? []), standing?.label].map((label) => label?.by);
    expect(seen.sort()).toEqual(['p', 'q', 'r', 'rollout', 's']);
  });
});

describe('features', () => {
  it('are read as they were known at a moment', async () => {
    const features = new FeaturesRepository(database.db);
    const of = { environment: 'production', entity: { kind: 'service', id: 'shop' }, catalogueVersion: 1 };
    const first = { ...of, at: day(1), recordedAt: day(1), values: { cpu: 0.5, errorRate: null } };
    expect(await features.add(first)).toBe(true);
    expect(await features.add({ ...first, values: { cpu: 9 } })).toBe(false);
    await features.add({ ...of, at: day(5), recordedAt: day(5), values: { cpu: 0.7 } });
    // Computed afterwards about an earlier time: true of day 3, but known only on day 8.
    await features.add({ ...of, at: day(3), recordedAt: day(8), values: { cpu: 0.6, memory: 0.1 } });
    const asOf = (on: number): Promise<unknown> => features.asOf('production', of.entity, day(on));
    expect(await asOf(0)).toEqual({});
    expect(await asOf(4)).toEqual({ cpu: 0.5, errorRate: null });
    expect(await asOf(6)).toEqual({ cpu: 0.7, errorRate: null });
    expect(await asOf(9)).toEqual({ cpu: 0.7, errorRate: null, memory: 0.1 });
    expect(await features.asOf('staging', of.entity, day(9))).toEqual({});
  });
});

describe('the model registry', () => {
  const model = (sha256: string, kind = 'failure'): Omit<ModelVersion, '_id' | 'number'> => ({
    kind,
    configuration: { model: 'forest', trees: 100 },
    features: ['la', 'exp'],
    catalogueVersion: 1,
    data: { fingerprint: 'f'.repeat(64), rows: 100, failures: 12 },
    metrics: { auc: 0.8 },
    codeVersion: '0.1.0',
    seed: 1,
    trainedAt: day(1),
    trainedBy: 'schedule',
    artefact: { store: 'gridfs', key: `models/${sha256}`, sha256, sizeBytes: 10 },
  });
  let models: ModelsRepository;
  beforeAll(() => {
    models = new ModelsRepository(database.db);
  });

  it('numbers versions, however many are registered at once, and each artefact once', async () => {
    await Promise.all(['a', 'b', 'c', 'd'].map((sha) => models.register(model(sha))));
    expect((await models.register(model('b'))).number).toBeLessThanOrEqual(4);
    const listed = await models.list('failure', 10);
    expect(listed.map(({ number }) => number)).toEqual([4, 3, 2, 1]);
    expect((await models.list('failure', 2)).length).toBe(2);
  });

  it('has one champion, chosen by whoever decided on the state that stood', async () => {
    const promotion = (number: number) => ({ version: `failure/${number}`, by: 'sre', reason: 'better', at: day(2) });
    expect(await models.champion('failure')).toMatchObject({ revision: 0, current: null });
    const tries = await Promise.allSettled([1, 2, 3].map((number) => models.promote('failure', promotion(number), 0)));
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const conflict = { status: 'rejected', reason: { code: 'REVISION_CONFLICT', retryable: true } };
    expect(tries.filter(({ status }) => status === 'rejected')).toMatchObject([conflict, conflict]);
    await models.promote('failure', promotion(4), 1);
    expect(await models.champion('failure')).toMatchObject({ revision: 2, current: { version: 'failure/4' } });
    await expect(models.promote('failure', promotion(9), 2)).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
    await expect(models.promote('other', promotion(1), 0)).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
  });

  it('goes back to the champion before, and at last to the shipped model', async () => {
    const { former, revision } = await models.champion('failure');
    const by = { by: 'sre', reason: 'worse than it looked', at: day(3) };
    const back = await models.rollBack('failure', by, revision);
    expect(back.current).toEqual({ ...by, version: former[former.length - 1]?.version });
    expect((await models.rollBack('failure', by, back.revision)).current).toBeNull();
    await expect(models.rollBack('failure', by, back.revision)).rejects.toMatchObject({ code: 'REVISION_CONFLICT' });
  });
});

describe('artefacts in GridFS', () => {
  it('come back as they were stored, and are stored once', async () => {
    const store = new GridFsArtefactStore(database.db);
    const bytes = Buffer.from('tree '.repeat(100_000));
    const ref = await store.put(bytes);
    expect(await store.put(bytes)).toEqual(ref);
    expect((await store.get(ref)).equals(bytes)).toBe(true);
    expect(await database.db.collection('artefacts.files').countDocuments({})).toBe(1);
  });

  it('are refused when they were altered or lost', async () => {
    const store = new GridFsArtefactStore(database.db);
    const ref = await store.put(Buffer.from('another model'));
    await expect(store.get({ ...ref, sha256: '0'.repeat(64) })).rejects.toMatchObject({ code: 'ARTEFACT_CORRUPT' });
    await database.db.collection('artefacts.chunks').updateMany({}, { $set: { data: Buffer.from('altered model') } });
    await expect(store.get(ref)).rejects.toMatchObject({ code: 'ARTEFACT_CORRUPT' });
    await database.db.collection('artefacts.files').deleteMany({});
    await expect(store.get(ref)).rejects.toMatchObject({ code: 'ARTEFACT_CORRUPT' });
  });
});

it('has the collections that the repositories name', async () => {
  const names = (await database.db.listCollections().toArray()).map(({ name }) => name);
  expect(names).toEqual(
    expect.arrayContaining([Collection.Deployments, Collection.Features, Collection.Models, Collection.ModelChampions]),
  );
});
