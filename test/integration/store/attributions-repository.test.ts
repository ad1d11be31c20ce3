import { MongoAttributionsRepository, type StoredAttribution } from '../../../store/attributions-repository';
import { givenDatabase } from '../../support/database';

const given = (transition: number, summary: string): StoredAttribution => ({
  _id: `r1/${transition}`,
  rolloutId: 'r1',
  transition,
  at: '2026-01-01T00:00:00.000Z',
  attribution: { kind: 'rollout', summary, metric: 'errors', onsetAtMs: null, causes: [], cleared: [] },
  missing: [],
});

describe('the attributions repository on the real database', () => {
  let database: Awaited<ReturnType<typeof givenDatabase>>;
  let attributions: MongoAttributionsRepository;

  beforeEach(async () => {
    database = await givenDatabase();
    attributions = new MongoAttributionsRepository(database.db);
  });
  afterEach(() => database.close());

  it('keeps the first of a transition, whoever comes later', async () => {
    const added = await Promise.all([1, 2, 3, 4].map((copy) => attributions.add(given(3, `copy ${copy}`))));
    expect(added.filter(Boolean)).toHaveLength(1);
    const [kept] = await attributions.byRollout('r1');
    await attributions.add(given(3, 'later'));
    expect(await attributions.byRollout('r1')).toEqual([kept]);
  });

  it('lists those of a rollout by transition', async () => {
    await attributions.add(given(5, 'second'));
    await attributions.add(given(2, 'first'));
    await attributions.add({ ...given(1, 'another'), _id: 'r2/1', rolloutId: 'r2' });
    expect((await attributions.byRollout('r1')).map(({ attribution }) => attribution.summary)).toEqual([
      'first',
      'second',
    ]);
  });
});
