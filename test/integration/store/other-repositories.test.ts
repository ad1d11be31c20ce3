import { MIGRATIONS } from '../../../store/migrations';
import { MongoAnalysisStatesRepository } from '../../../store/analysis-states-repository';
import { MongoRolloutsRepository, type RolloutProjection } from '../../../store/rollouts-repository';
import { ensureSchema } from '../../../store/schema';
import type { SegmentEdit } from '../../../store/segment-chain';
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
  const eu = {
    environment: 'production',
    key: 'eu',
    if: { attribute: 'region', operator: 'equals' as const, value: 'eu' },
  };
  const editOf = (name: string, reason = 'a test'): SegmentEdit => ({
    actor: { kind: 'token', name, role: 'operator', verified: true },
    reason,
    at: '2026-01-01T00:00:00.000Z',
  });
  const stored = () => database.db.collection<{ _id: string }>('segments');
  const records = () => database.db.collection<{ _id: string; reason: string }>('segment_decisions');

  beforeEach(async () => {
    await stored().deleteMany({});
    await records().deleteMany({});
  });

  it('writes by revision, goes on counting over a removal, and refuses stale writers', async () => {
    const segments = new MongoSegmentsRepository(database.db);
    const edit = editOf('ada');
    expect(await segments.put(eu, 0, edit)).toMatchObject({ revision: 1 });
    expect(await segments.put(eu, 0, edit)).toBeNull();
    expect(await segments.put(eu, 1, edit)).toMatchObject({ revision: 2 });
    expect(await segments.remove('production', 'eu', 1, edit)).toBe(false);
    expect(await segments.remove('production', 'eu', 2, edit)).toBe(true);
    expect(await segments.list('production')).toEqual([]);
    expect(await segments.put(eu, 0, edit)).toMatchObject({ revision: 4 });
    expect(await segments.get('staging', 'eu')).toBeNull();
    expect(Object.keys((await segments.list('production'))[0] ?? {}).sort()).toEqual([
      'environment',
      'if',
      'key',
      'revision',
    ]);
  });

  it('records who wrote what and why, over a removal, in one chain', async () => {
    const segments = new MongoSegmentsRepository(database.db);
    await segments.put(eu, 0, editOf('ada', 'the first market'));
    await segments.put({ ...eu, if: { ...eu.if, value: 'emea' } }, 1, editOf('bob', 'a second one'));
    await segments.remove('production', 'eu', 2, editOf('cy', 'not needed'));
    await segments.put(eu, 0, editOf('ada', 'needed after all'));

    const found = await segments.records('production', 'eu');
    expect(found.map(({ revision, action, actor, reason }) => [revision, action, actor.name, reason])).toEqual([
      [4, 'segment.create', 'ada', 'needed after all'],
      [3, 'segment.delete', 'cy', 'not needed'],
      [2, 'segment.edit', 'bob', 'a second one'],
      [1, 'segment.create', 'ada', 'the first market'],
    ]);
    expect(found[2]?.changes).toEqual([{ field: 'if', before: eu.if, after: { ...eu.if, value: 'emea' } }]);
    expect(await segments.verify('production')).toEqual({ segments: 1, records: 4, problems: [] });
  });

  it('loses no record whose writer died, lets one of many writers through, and keeps long lists by their hash', async () => {
    const segments = new MongoSegmentsRepository(database.db);
    await segments.put(eu, 0, editOf('ada'));
    await records().deleteMany({});
    expect(await segments.verify('production')).toEqual({ segments: 1, records: 1, problems: [] });

    const people = Array.from({ length: 2_000 }, (_, index) => `person-${index}@example.com`);
    const long = { ...eu, if: { attribute: 'email', operator: 'in' as const, value: people } };
    const writers = await Promise.all(Array.from({ length: 6 }, () => segments.put(long, 1, editOf('bob'))));
    expect(writers.filter((written) => written !== null)).toHaveLength(1);
    const [last] = await segments.records('production', 'eu');
    expect(last?.changes[0]).toMatchObject({ field: 'if', after: { sha256: expect.any(String) as string } });
    expect(await segments.verify('production')).toEqual({ segments: 1, records: 2, problems: [] });
  });

  it('notices a record that was altered or removed, and a segment that was', async () => {
    const segments = new MongoSegmentsRepository(database.db);
    for (const revision of [0, 1, 2]) await segments.put(eu, revision, editOf('ada', `edit ${revision}`));
    await records().updateOne({ _id: 'production/eu:1' }, { $set: { reason: 'nothing to see' } });
    const altered = await segments.verify('production');
    await records().deleteOne({ _id: 'production/eu:2' });
    const removed = await segments.verify('production');
    await stored().deleteOne({ _id: 'production/eu' });
    const gone = await segments.verify('production');

    const problemsOf = (report: typeof altered) => report.problems.map(({ revision, problem }) => [revision, problem]);
    expect(problemsOf(altered)).toEqual([[1, 'the record was altered: its hash does not fit']]);
    expect(problemsOf(removed)).toContainEqual([3, 'revision 2 is missing']);
    expect(problemsOf(gone)).toEqual([[0, 'the segment is not there, though it has records']]);
  });

  it('notices a segment that was changed behind its back, also where its record only vouches for the content', async () => {
    const segments = new MongoSegmentsRepository(database.db);
    const people = Array.from({ length: 2_000 }, (_, index) => `person-${index}@example.com`);
    await segments.put({ ...eu, if: { attribute: 'email', operator: 'in', value: people } }, 0, editOf('ada'));
    await segments.put({ ...eu, key: 'us' }, 0, editOf('ada'));
    await stored().updateOne({ _id: 'production/eu' }, { $set: { 'if.value': people.slice(1) } });
    expect((await segments.verify('production')).problems).toEqual([
      {
        segmentId: 'production/eu',
        revision: 1,
        problem: 'the document is not what the records of the segment say: if',
      },
    ]);
  });

  it('begins the chain of a segment that is older than records where it stands', async () => {
    const [migration] = MIGRATIONS.filter(({ id }) => id === '0002-segment-records');
    await stored().insertOne({ _id: 'production/eu', ...eu, revision: 7 } as { _id: string });
    await migration?.run(database.db);
    await migration?.run(database.db);
    const segments = new MongoSegmentsRepository(database.db);
    expect(await segments.put(eu, 7, editOf('ada'))).toMatchObject({ revision: 8 });
    expect((await segments.records('production', 'eu')).map(({ action }) => action)).toEqual([
      'segment.edit',
      'segment.adopt',
    ]);
    expect(await segments.verify('production')).toEqual({ segments: 1, records: 2, problems: [] });
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
    const save = { rolloutId: 'r1', state: { version: 1, lastWindowAt: 5 }, lastWindowAt: 5, before: null };
    const won = await Promise.all([states.save(save), states.save(save)]);
    expect(won.filter(Boolean)).toHaveLength(1);
    const before = await states.get('r1');
    const next = { ...save, state: { version: 1, lastWindowAt: 6 }, lastWindowAt: 6, before };
    expect(await states.save(next)).toBe(true);
    expect(await states.save(next)).toBe(false);
    expect(await states.get('r1')).toMatchObject({ version: 2, lastWindowAt: 6 });
    await states.remove('r1');
    expect(await states.get('r1')).toBeNull();
  });

  it('notices that another process has advanced a state that it remembers, whether or not it has something to write', async () => {
    const [ours, theirs] = [
      new MongoAnalysisStatesRepository(database.db),
      new MongoAnalysisStatesRepository(database.db),
    ];
    const at = (lastWindowAt: number) => ({ rolloutId: 'r2', state: { version: 1, lastWindowAt }, lastWindowAt });
    await ours.save({ ...at(5), before: null });
    const remembered = await ours.get('r2');
    expect(remembered).toMatchObject({ isRemembered: true, state: { lastWindowAt: 5 } });
    await theirs.save({ ...at(6), before: await theirs.get('r2') });
    expect(await ours.save({ ...at(5), before: remembered })).toBe(false);
    expect(await ours.save({ ...at(7), before: remembered })).toBe(false);
    expect(await ours.get('r2')).toMatchObject({ isRemembered: false, version: 2, state: { lastWindowAt: 6 } });
  });

  it('reads and writes nothing of a state that has not changed, but for its version', async () => {
    const states = new MongoAnalysisStatesRepository(database.db);
    const save = { rolloutId: 'r3', state: { version: 1, lastWindowAt: 5 }, lastWindowAt: 5 };
    await states.save({ ...save, before: null });
    const before = await states.get('r3');
    expect(await states.save({ ...save, before })).toBe(true);
    expect(await states.get('r3')).toMatchObject({ version: 1, isRemembered: true });
    // Handed out once: a second copy of the look reads what stands.
    expect(await states.get('r3')).toMatchObject({ version: 1, isRemembered: false });
  });
});

describe('ensureSchema', () => {
  it('may run in several processes at once, and runs each migration once', async () => {
    await Promise.all([ensureSchema(database.db), ensureSchema(database.db), ensureSchema(database.db)]);
    const migrations = await database.db.collection('migrations').find().toArray();
    expect(migrations.every((migration) => typeof migration['doneAt'] === 'number')).toBe(true);
  });
});
