import { MongoLeasesRepository } from '../../../store/leases-repository';
import { givenDatabase } from '../../support/database';

describe('the leases repository on the real database', () => {
  let database: Awaited<ReturnType<typeof givenDatabase>>;
  let leases: MongoLeasesRepository;
  /** Added to the database's time, so that leases run out without waiting. */
  let aheadMs: number;

  beforeEach(async () => {
    database = await givenDatabase();
    aheadMs = 0;
    const clock = { nowMs: () => database.clock.nowMs() + aheadMs, sync: () => database.clock.sync() };
    leases = new MongoLeasesRepository(database.db, clock);
  });
  afterEach(() => database.close());

  const begin = (transition: number): Promise<void> =>
    leases.begin({
      rolloutId: 'r1',
      flagId: 'production/checkout',
      environment: 'production',
      transition,
      ttlMs: 60_000,
    });

  it('renews a lease that lasts', async () => {
    await begin(1);
    expect(await leases.renew('r1')).toMatchObject({ kind: 'renewed', remainingMs: 60_000 });
  });

  it('reports a lease that ran out, and leaves it so', async () => {
    await begin(1);
    aheadMs = 60_001;
    expect(await leases.renew('r1')).toMatchObject({ kind: 'lapsed' });
    expect(await leases.renew('r1')).toMatchObject({ kind: 'lapsed' });
    expect((await leases.live('production'))[0]?.remainingMs).toBeLessThanOrEqual(0);
  });

  it('begins anew under a later transition, and ignores a late copy of an earlier one', async () => {
    await begin(2);
    await begin(1);
    const stored = await database.db.collection<{ _id: string; transition: number }>('leases').findOne({ _id: 'r1' });
    expect(stored?.transition).toBe(2);
  });

  it('does not bring back the lease of an ended rollout by a late renewal', async () => {
    await begin(1);
    await leases.end('r1');
    expect(await leases.renew('r1')).toEqual({ kind: 'missing' });
    expect(await leases.live('production')).toEqual([]);
  });

  it('tells what is left per rollout of an environment', async () => {
    await begin(1);
    await leases.begin({ rolloutId: 'r2', flagId: 'staging/x', environment: 'staging', transition: 1, ttlMs: 5000 });
    const [live] = await leases.live('production');
    expect(live).toMatchObject({ rolloutId: 'r1', flagId: 'production/checkout' });
    expect(live?.remainingMs).toBeGreaterThan(50_000);
    expect(live?.remainingMs).toBeLessThanOrEqual(60_000);
  });

  it('tells which leases were written since an instant, whatever was written of them', async () => {
    const startLease = (rolloutId: string): Promise<void> =>
      leases.begin({ rolloutId, flagId: 'production/x', environment: 'production', transition: 1, ttlMs: 60_000 });
    for (const id of ['old', 'renewed', 'ended']) await startLease(id);
    await new Promise((resolve) => setTimeout(resolve, 20));
    const sinceMs = await database.clock.sync();
    await leases.renew('renewed');
    await leases.end('ended');
    await startLease('begun');

    const changed = await leases.changed('production', sinceMs);
    expect(changed.map(({ rolloutId }) => rolloutId).sort()).toEqual(['begun', 'ended', 'renewed']);
    const left = new Map(changed.map(({ rolloutId, remainingMs }) => [rolloutId, remainingMs]));
    expect(left.get('ended')).toBe(0);
    expect(left.get('renewed')).toBeGreaterThan(50_000);
    expect(await leases.changed('staging', sinceMs)).toEqual([]);
  });
});
