import { MongoAnalysisStatesRepository } from '../../../store/analysis-states-repository';
import { MongoRolloutsRepository, type RolloutProjection } from '../../../store/rollouts-repository';
import { ensureSchema } from '../../../store/schema';
import { MongoSegmentsRepository } from '../../../store/segments-repository';
import { MongoTokensRepository, type TokenDocument } from '../../../store/tokens-repository';
import { givenDatabase } from '../../support/database';
import { givenPlan } from '../../support/flag-builders';

let database: Awaited<ReturnType<typeof givenDatabase>>;
beforeAll(async () => {
  database = await givenDatabase();
});
afterAll(() => database.close());

const projection = (change: Partial<RolloutProjection> = {}): Omit<RolloutProjection, 'updatedAt' | 'endedAt'> => ({
  _id: 'r1',
  environment: 'production',
  flagKey: 'checkout',
  workflowId: 'rollout/production/checkout',
  runId: 'run',
  identity: 'same',
  plan: givenPlan(),
  startedBy: 'alice',
  startedAt: '2026-01-01T00:00:00.000Z',
  state: 'progressing',
  waitingFor: 'bake',
  summary: 'baking',
  step: 0,
  weight: 10,
  transition: 1,
  verdict: null,
  outcome: null,
  excludedSegments: [],
  lastLook: null,
  bakedMs: 0,
  bakeMs: 60_000,
  version: 1,
  ...change,
});

describe('the rollouts repository', () => {
  it('keeps the highest version, whatever order saves arrive in', async () => {
    const rollouts = new MongoRolloutsRepository(database.db);
    expect(await rollouts.save(projection({ version: 2, weight: 25 }))).toBe(true);
    expect(await rollouts.save(projection({ version: 1, weight: 10 }))).toBe(false);
    expect(await rollouts.get('r1')).toMatchObject({ weight: 25, version: 2 });
  });

  it('finds by identity, by flag, and what is still live', async () => {
    const rollouts = new MongoRolloutsRepository(database.db);
    await rollouts.save(
      projection({
        _id: 'r0',
        version: 9,
        outcome: 'completed',
        state: 'completed',
        startedAt: '2025-01-01T00:00:00.000Z',
      }),
    );
    expect((await rollouts.byIdentity('same')).map(({ _id }) => _id)).toEqual(['r1', 'r0']);
    expect(await rollouts.liveOf('production', 'checkout')).toMatchObject({ _id: 'r1' });
    expect(await rollouts.list({ environment: 'production', state: 'completed' })).toMatchObject([
      { _id: 'r0', endedAt: expect.any(String) as string },
    ]);
    expect(await rollouts.list({ environment: 'staging' })).toEqual([]);
  });
});

describe('the segments repository', () => {
  it('writes by revision, goes on counting over a removal, and refuses stale writers', async () => {
    const segments = new MongoSegmentsRepository(database.db);
    const eu = {
      environment: 'production',
      key: 'eu',
      if: { attribute: 'region', operator: 'equals' as const, value: 'eu' },
    };
    expect(await segments.put(eu, 0)).toMatchObject({ revision: 1 });
    expect(await segments.put(eu, 0)).toBeNull();
    expect(await segments.put(eu, 1)).toMatchObject({ revision: 2 });
    expect(await segments.remove('production', 'eu', 1)).toBe(false);
    expect(await segments.remove('production', 'eu', 2)).toBe(true);
    expect(await segments.list('production')).toEqual([]);
    expect(await segments.put(eu, 0)).toMatchObject({ revision: 4 });
    expect(await segments.get('staging', 'eu')).toBeNull();
  });
});

describe('the tokens repository', () => {
  it('finds a token by its hash, keeps hashes unique, and revokes once', async () => {
    const tokens = new MongoTokensRepository(database.db);
    const token: TokenDocument = {
      _id: 't1',
      hash: 'h',
      name: 'ci',
      role: 'operator',
      createdBy: 'alice',
      createdAt: '2026-01-01T00:00:00.000Z',
    };
    expect(await tokens.insert(token)).toBe(true);
    expect(await tokens.insert({ ...token, _id: 't2' })).toBe(false);
    expect(await tokens.findByHash('h')).toEqual(token);
    expect(await tokens.revoke('t1', '2026-01-02T00:00:00.000Z')).toBe(true);
    expect(await tokens.revoke('t1', '2026-01-03T00:00:00.000Z')).toBe(false);
    expect((await tokens.findByHash('h'))?.revokedAt).toBe('2026-01-02T00:00:00.000Z');
  });
});

describe('the analysis states repository', () => {
  it('lets one of two copies advance the state', async () => {
    const states = new MongoAnalysisStatesRepository(database.db);
    const save = { rolloutId: 'r1', state: { version: 1, lastWindowAt: 5 }, lastWindowAt: 5, expectedVersion: 0 };
    const won = await Promise.all([states.save(save), states.save(save)]);
    expect(won.filter(Boolean)).toHaveLength(1);
    expect(await states.save({ ...save, expectedVersion: 1, lastWindowAt: 6 })).toBe(true);
    expect(await states.get('r1')).toMatchObject({ version: 2, lastWindowAt: 6 });
    await states.remove('r1');
    expect(await states.get('r1')).toBeNull();
  });
});

describe('ensureSchema', () => {
  it('may run in several processes at once, and runs each migration once', async () => {
    await Promise.all([ensureSchema(database.db), ensureSchema(database.db), ensureSchema(database.db)]);
    const migrations = await database.db.collection('migrations').find().toArray();
    expect(migrations.every((migration) => typeof migration['doneAt'] === 'number')).toBe(true);
  });
});
