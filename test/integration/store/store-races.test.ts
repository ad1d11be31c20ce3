import type { Db } from 'mongodb';
import { MongoNetworkError } from 'mongodb';
import type { Flag } from '../../../flags/document/flag';
import { MongoDecisionsRepository } from '../../../store/decisions-repository';
import { MongoFlagsRepository, type DecisionDraft } from '../../../store/flags-repository';
import { MongoLeasesRepository } from '../../../store/leases-repository';
import { givenDatabase } from '../../support/database';
import { givenFlag } from '../../support/flag-builders';

const draft = (change: Partial<DecisionDraft> = {}): DecisionDraft => ({
  actor: { kind: 'token', name: 'ada', verified: true },
  action: 'flag.edit',
  reason: 'because',
  ...change,
});

/** The database as a client sees it whose connection breaks around some calls of one collection's method. */
function givenBrokenAnswers(db: Db, collection: string, method: string, fate: ('lost' | 'unsent' | 'fine')[]): Db {
  return new Proxy(db, {
    get(target, property) {
      if (property !== 'collection') return Reflect.get(target, property, target) as unknown;
      return (name: string): unknown => {
        const real = target.collection(name);
        if (name !== collection) return real;
        return new Proxy(real, {
          get(inner, member) {
            const value = Reflect.get(inner, member, inner) as unknown;
            if (typeof value !== 'function') return value;
            if (member !== method) return value.bind(inner) as unknown;
            return async (...parameters: unknown[]): Promise<unknown> => {
              const what = fate.shift() ?? 'fine';
              if (what === 'unsent') throw new MongoNetworkError('connection closed before it was sent');
              const result = (await value.apply(inner, parameters)) as unknown;
              if (what === 'lost') throw new MongoNetworkError('connection closed before the answer');
              return result;
            };
          },
        });
      };
    },
  });
}

describe('writes whose answer is lost, and late copies', () => {
  let database: Awaited<ReturnType<typeof givenDatabase>>;
  beforeEach(async () => {
    database = await givenDatabase();
  });
  afterEach(() => database.close());

  const created = async (): Promise<Flag> => {
    const flag = await new MongoFlagsRepository(database.db).swap({ before: null, after: givenFlag(), draft: draft() });
    if (flag === null) throw new Error('not created');
    return flag;
  };

  it.each([
    ['lost after it landed', ['lost'] as const],
    ['never sent', ['unsent'] as const],
    ['lost twice', ['lost', 'lost'] as const],
  ])('writes one revision when an answer was %s', async (_, fate) => {
    const before = await created();
    const db = givenBrokenAnswers(database.db, 'flags', 'replaceOne', [...fate]);
    const flags = new MongoFlagsRepository(db);
    const written = await flags.swap({ before, after: givenFlag({ enabled: false }), draft: draft() });
    expect(written?.revision).toBe(2);
    expect(await flags.get(before._id)).toEqual(written);
    expect(await new MongoDecisionsRepository(database.db).verify(before._id)).toMatchObject({
      records: 2,
      problems: [],
    });
  });

  it('does not take another writer’s revision for its own after a lost answer', async () => {
    const before = await created();
    const others = new MongoFlagsRepository(database.db);
    const db = givenBrokenAnswers(database.db, 'flags', 'replaceOne', ['unsent']);
    const ours = new MongoFlagsRepository(db).swap({ before, after: givenFlag({ enabled: false }), draft: draft() });
    const theirs = await others.swap({ before, after: givenFlag({ owner: 'team' }), draft: draft() });
    expect(theirs?.revision).toBe(2);
    expect(await ours).toBeNull();
  });

  it('says so, retryably, when it cannot learn whether the write landed', async () => {
    const before = await created();
    const db = givenBrokenAnswers(database.db, 'flags', 'replaceOne', ['lost', 'lost', 'unsent']);
    const swap = new MongoFlagsRepository(db).swap({ before, after: givenFlag({ owner: 'x' }), draft: draft() });
    await expect(swap).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE', retryable: true });
  });

  it('counts a swap as written although its own record could not be inserted, which the sweep then does', async () => {
    const before = await created();
    const db = givenBrokenAnswers(database.db, 'decisions', 'insertOne', ['fine', 'unsent']);
    const flags = new MongoFlagsRepository(db);
    expect(await flags.swap({ before, after: givenFlag({ owner: 'x' }), draft: draft() })).not.toBeNull();
    expect(await flags.sweepAudit('production')).toBe(1);
  });

  it('refuses to write what nobody could read again', async () => {
    const before = await created();
    const after = givenFlag({ description: 'x'.repeat(2000) });
    const swap = new MongoFlagsRepository(database.db).swap({ before, after, draft: draft() });
    await expect(swap).rejects.toMatchObject({ code: 'INVALID_FLAG' });
  });

  it('finds chains whole while they are written to', async () => {
    let flag = await created();
    const flags = new MongoFlagsRepository(database.db);
    const decisions = new MongoDecisionsRepository(database.db);
    const writing = (async () => {
      for (let round = 0; round < 20; round += 1) {
        const next = await flags.swap({ before: flag, after: givenFlag({ owner: `o${round}` }), draft: draft() });
        if (next !== null) flag = next;
      }
    })();
    for (let round = 0; round < 10; round += 1) {
      expect((await decisions.verifyEnvironment('production')).problems).toEqual([]);
    }
    await writing;
  });
});

describe('leases against slow writes and late copies', () => {
  let database: Awaited<ReturnType<typeof givenDatabase>>;
  let behindMs: number;
  let leases: MongoLeasesRepository;
  beforeEach(async () => {
    database = await givenDatabase();
    behindMs = 0;
    const clock = { nowMs: () => database.clock.nowMs() - behindMs, sync: () => database.clock.sync() };
    leases = new MongoLeasesRepository(database.db, clock);
  });
  afterEach(() => database.close());

  const begin = (transition: number, ttlMs = 60_000): Promise<void> =>
    leases.begin({ rolloutId: 'r1', flagId: 'production/a', environment: 'production', transition, ttlMs });
  /** Makes the lease old by the database's own clock. */
  const age = (byMs: number): Promise<unknown> =>
    database.db
      .collection<{ _id: string }>('leases')
      .updateOne({ _id: 'r1' }, { $set: { renewedAt: new Date(database.clock.nowMs() - byMs) } });

  it('leaves a lease lapsed when its renewal reached the database too late', async () => {
    await begin(1);
    await age(70_000);
    // This process believes that there is time left; the database knows better.
    behindMs = 20_000;
    expect(await leases.renew('r1')).toMatchObject({ kind: 'lapsed' });
    behindMs = 0;
    expect(await leases.live('production')).toMatchObject([{ remainingMs: expect.any(Number) as number }]);
    expect((await leases.live('production'))[0]?.remainingMs).toBeLessThanOrEqual(0);
    expect(await leases.renew('r1')).toMatchObject({ kind: 'lapsed' });
  });

  it('does not bring back a lapsed lease by repeating the start of the same transition', async () => {
    await begin(1);
    await age(70_000);
    await begin(1);
    expect(await leases.renew('r1')).toMatchObject({ kind: 'lapsed' });
    await begin(2);
    expect(await leases.renew('r1')).toMatchObject({ kind: 'renewed' });
  });

  it('does not begin the lease of an ended rollout again', async () => {
    await begin(1);
    await leases.end('r1');
    await begin(2);
    expect(await leases.renew('r1')).toEqual({ kind: 'missing' });
    expect(await leases.live('production')).toEqual([]);
  });

  it('ends up under the highest transition when several begin at once', async () => {
    await Promise.all([3, 1, 5, 2, 4].map((transition) => begin(transition)));
    const stored = await database.db.collection<{ _id: string; transition: number }>('leases').findOne({ _id: 'r1' });
    expect(stored?.transition).toBe(5);
  });

  it('renews for every one of several copies at once', async () => {
    await begin(1);
    const kinds = (await Promise.all([1, 2, 3].map(() => leases.renew('r1')))).map(({ kind }) => kind);
    expect(kinds).toEqual(['renewed', 'renewed', 'renewed']);
  });
});
