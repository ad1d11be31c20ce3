import { learnProfile } from '../../../ml/baseline/profile';
import {
  baselineId,
  MemoryBaselinesRepository,
  MemoryVectorBaselinesRepository,
  MongoBaselinesRepository,
  MongoVectorBaselinesRepository,
  vectorBaselineId,
  type BaselinesRepository,
  type StoredBaseline,
  type VectorBaselinesRepository,
} from '../../../store/baselines-repository';
import { givenDatabase } from '../../support/database';

let database: Awaited<ReturnType<typeof givenDatabase>>;
beforeAll(async () => {
  database = await givenDatabase();
});
afterAll(() => database.close());

function given(metric: string, flagKey = 'checkout', segment = '*'): Omit<StoredBaseline, 'version'> {
  return {
    _id: baselineId('production', flagKey, metric, segment),
    environment: 'production',
    flagKey,
    metric,
    segment,
    profile: learnProfile(null, [{ atMs: 1_767_600_000_000, value: 120, units: 40 }]),
    learnedFrom: ['r1'],
  };
}

describe.each([
  ['in MongoDB', (): BaselinesRepository => new MongoBaselinesRepository(database.db)],
  ['in memory', (): BaselinesRepository => new MemoryBaselinesRepository()],
])('baselines %s', (_, make) => {
  let baselines: BaselinesRepository;
  beforeAll(() => {
    baselines = make();
  });

  it('come back as they were saved', async () => {
    expect(await baselines.save(given('latency'), 0)).toBe(true);
    expect(await baselines.get('production/checkout/latency/*')).toEqual({ ...given('latency'), version: 1 });
    expect(await baselines.get('production/checkout/errors/*')).toBeNull();
  });

  it('are saved only upon the version that was read', async () => {
    expect(await baselines.save(given('latency'), 0)).toBe(false);
    expect(await baselines.save({ ...given('latency'), learnedFrom: ['r1', 'r2'] }, 1)).toBe(true);
    expect(await baselines.save({ ...given('latency'), learnedFrom: ['r1', 'r3'] }, 1)).toBe(false);
    expect((await baselines.get('production/checkout/latency/*'))?.learnedFrom).toEqual(['r1', 'r2']);
    expect(await baselines.save(given('never'), 3)).toBe(false);
  });

  it('let one of two first savers win', async () => {
    const saved = await Promise.all([baselines.save(given('race'), 0), baselines.save(given('race'), 0)]);
    expect(saved.filter(Boolean)).toHaveLength(1);
  });

  it('are listed for their flag alone', async () => {
    await baselines.save(given('errors'), 0);
    await baselines.save(given('errors', 'checkout', 'eu'), 0);
    await baselines.save(given('errors', 'search'), 0);
    const ids = (await baselines.listFor('production', 'checkout')).map(({ _id }) => _id);
    expect(ids).toEqual([
      'production/checkout/errors/*',
      'production/checkout/errors/eu',
      'production/checkout/latency/*',
      'production/checkout/race/*',
    ]);
    expect(await baselines.listFor('staging', 'checkout')).toEqual([]);
  });
});

describe.each([
  ['in MongoDB', (): VectorBaselinesRepository => new MongoVectorBaselinesRepository(database.db)],
  ['in memory', (): VectorBaselinesRepository => new MemoryVectorBaselinesRepository()],
])('vector baselines %s', (_, make) => {
  it('come back whole by their id, and are listed for their flag with what a look needs', async () => {
    const vectors = make();
    const learned = {
      _id: vectorBaselineId('production', 'checkout', 'eu'),
      environment: 'production',
      flagKey: 'checkout',
      segment: 'eu',
      vector: { metrics: ['errors', 'latency'], model: null },
      rows: [[0.01, -3]],
      learnedFrom: ['r1'],
    };
    expect(await vectors.save(learned, 0)).toBe(true);
    expect(await vectors.get('production/checkout/eu')).toEqual({ ...learned, version: 1 });
    const [listed] = await vectors.listFor('production', 'checkout');
    expect(listed).toMatchObject({ segment: 'eu', vector: learned.vector, version: 1 });
    expect(await vectors.listFor('production', 'search')).toEqual([]);
  });
});
