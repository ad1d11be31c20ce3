import { randomBytes } from 'node:crypto';
import type { Binary } from 'mongodb';
import { userEvent } from '../../../flags/plan/user-metric';
import { userDigest } from '../../../flags/evaluator/user-digest';
import type { Observed } from '../../../metrics/aggregate';
import type { MetricEvent } from '../../../metrics/events';
import type { StrataQuery, Stratum } from '../../../metrics/windows';
import { EventIngest } from '../../../server/ingest/event-ingest';
import { UserHashes } from '../../../server/events/user-hashes';
import { Collection } from '../../../store/collections';
import { MongoIngestGroupsRepository } from '../../../store/ingest-groups-repository';
import { RolloutKeysRepository } from '../../../store/rollout-keys-repository';
import { RolloutUsersRepository } from '../../../store/rollout-users-repository';
import { MongoWindowsRepository } from '../../../store/windows-repository';
import { givenDatabase } from '../../support/database';
import { givenBatch, givenExposure, givenRequest, WINDOW_START } from '../../support/event-builders';

const WINDOW_MS = 10_000;
const USERS = [
  { metric: 'buyers', event: 'order', measure: 'any' },
  { metric: 'unlucky', event: 'request', measure: 'any_error' },
] as const;
const OBSERVED: Observed = { windowMs: WINDOW_MS, segments: [], thresholds: {}, users: USERS };

let database: Awaited<ReturnType<typeof givenDatabase>>;
let clock: { at: number; nowMs(): number };
let keys: RolloutKeysRepository;
let users: RolloutUsersRepository;
let batches = 0;
beforeEach(async () => {
  database = await givenDatabase();
  clock = { at: WINDOW_START + 3_000, nowMs: () => clock.at };
  keys = new RolloutKeysRepository(database.db, clock);
  users = new RolloutUsersRepository(database.db, clock);
});
afterEach(() => database.close());

/** One server; each has its own memory of keys and its own folding. */
function givenServer() {
  const windows = new MongoWindowsRepository(database.db, clock);
  const hashes = new UserHashes(keys, { now: () => new Date(clock.at), monotonicMs: () => clock.at } as never);
  const ingest = new EventIngest({
    groups: new MongoIngestGroupsRepository(database.db),
    fold: windows.fold,
    clock,
    resolveObservation: async () => OBSERVED,
    hashUsersOf: (environment, flag, rollout, windowMs) => hashes.of(environment, flag, rollout, windowMs),
    limits: { flushMs: 1, foldMs: 1, attempts: 1, retryMs: 1 },
  });
  const accept = async (events: MetricEvent[], environment = 'production', at = clock.at) => {
    clock.at = Math.max(clock.at, at);
    const batch = { ...givenBatch(`users-${(batches += 1)}`, events), createdAt: clock.at };
    return ingest.accept(environment, batch);
  };
  return { windows, hashes, ingest, accept };
}

async function whenLooked(windows: MongoWindowsRepository, upTo: number, change: Partial<StrataQuery> = {}) {
  clock.at = Math.max(clock.at, WINDOW_START + (upTo + 1) * WINDOW_MS + 10_500);
  // By the time of a look the servers have folded what they were sent.
  await windows.fold.foldPending();
  return windows.fetchStrata({
    flagId: 'production/checkout',
    rolloutId: 'r1',
    control: 'off',
    candidate: 'on',
    windowMs: WINDOW_MS,
    segments: [],
    weights: { 1: 10, 2: 50 },
    fromMs: 0,
    nowMs: clock.at,
    users: { followMs: 2 * WINDOW_MS, totals: USERS, eventOf: userEvent },
    ...change,
  });
}

function sumOf(strata: readonly Stratum[], metric: string, arm: 'control' | 'candidate' = 'candidate') {
  const totals = strata.flatMap((stratum) => stratum[arm].events[userEvent(metric)] ?? []);
  const sum = (of: (total: (typeof totals)[number]) => number): number =>
    totals.reduce((all, total) => all + of(total), 0);
  return { users: sum(({ count }) => count), with: sum(({ errors }) => errors) };
}

const user = (name: string, rollout = 'r1') => ({ user: userDigest(rollout, name), rollout });
const inWindow = (index: number, offsetMs = 1_000): number => WINDOW_START + index * WINDOW_MS + offsetMs;

/** Everything that the database holds, as text. */
async function dump(): Promise<string> {
  const names = (await database.db.listCollections().toArray()).map(({ name }) => name);
  const documents = await Promise.all(names.map((name) => database.db.collection(name).find().toArray()));
  return JSON.stringify(documents);
}

describe('metrics per user on a real database', () => {
  it('count each user once, whatever the number of events, servers and looks', async () => {
    const [one, two] = [givenServer(), givenServer()];
    const ana = { ...user('ana'), at: inWindow(0) };
    await one.accept([givenExposure(ana), givenRequest({ ...user('ana'), error: true })]);
    await two.accept([givenExposure(ana), givenRequest({ ...user('ana'), error: true })]);
    await two.accept([
      givenExposure({ ...user('ben'), at: inWindow(0) }),
      givenExposure({ rollout: 'r1', targetingKey: 'cem', cell: 9, at: inWindow(0), variant: 'off' }),
    ]);
    expect(sumOf(await whenLooked(one.windows, 0), 'unlucky').users).toBe(0);
    await one.accept(
      [
        givenExposure({ ...user('ana'), at: inWindow(1) }),
        givenRequest({ ...user('ana'), name: 'order', exposedAt: inWindow(1) }),
      ],
      'production',
      inWindow(1, 2_000),
    );
    const strata = await whenLooked(one.windows, 1);
    expect(sumOf(strata, 'unlucky')).toEqual({ users: 2, with: 1 });
    expect(sumOf(strata, 'buyers')).toEqual({ users: 2, with: 1 });
    expect(sumOf(strata, 'buyers', 'control')).toEqual({ users: 1, with: 0 });
    expect(strata.map(({ windowStartAt }) => windowStartAt)).toContain(WINDOW_START + WINDOW_MS);
    await two.accept([givenExposure({ ...user('ana'), at: inWindow(3) })], 'production', inWindow(3, 2_000));
    expect(sumOf(await whenLooked(two.windows, 6), 'unlucky')).toEqual({ users: 2, with: 1 });
  });

  it('count a user whom a raise moved from the first exposure to the candidate', async () => {
    const server = givenServer();
    await server.accept([
      givenExposure({ ...user('ana'), variant: 'off', at: inWindow(0) }),
      givenRequest({ ...user('ana'), variant: 'off', error: true, exposedAt: inWindow(0) }),
    ]);
    await server.accept(
      [givenExposure({ ...user('ana'), variant: 'on', transition: 2, at: inWindow(1) })],
      'production',
      inWindow(1, 2_000),
    );
    const strata = await whenLooked(server.windows, 4);
    expect(sumOf(strata, 'unlucky', 'control')).toEqual({ users: 1, with: 1 });
    expect(sumOf(strata, 'unlucky')).toEqual({ users: 1, with: 0 });
  });

  it('count once when looks overlap, and when one dies between counting and remembering', async () => {
    const server = givenServer();
    const exposures = Array.from({ length: 60 }, (_, index) =>
      givenExposure({ ...user(`u${index}`), cell: index, at: inWindow(0) }),
    );
    await server.accept(exposures);
    const strata = await Promise.all([0, 1, 2].map(() => whenLooked(givenServer().windows, 0)));
    expect(strata.map((each) => sumOf(each, 'buyers').users)).toEqual([0, 0, 0]);
    const remembered = await database.db.collection(Collection.RolloutCohorts).find().toArray();
    await Promise.all([0, 1, 2].map(() => whenLooked(givenServer().windows, 1)));
    // As if the look had died after it counted: what it remembers is as before, and what it counted stands.
    await database.db.collection(Collection.RolloutCohorts).deleteMany({});
    await database.db.collection(Collection.RolloutCohorts).insertMany(remembered);
    expect(sumOf(await whenLooked(givenServer().windows, 5), 'buyers').users).toBe(60);
  });

  it('count once when a look dies with some shards remembered and some not, and windows gone', async () => {
    const server = givenServer();
    await server.accept(
      Array.from({ length: 32 }, (_, index) => givenExposure({ ...user(`a${index}`), cell: index, at: inWindow(0) })),
    );
    const otherShards = { _id: { $in: ['r1/1/on/~users-1', 'r1/1/on/~users-2'] } } as never;
    const kept = await (async () => {
      await server.windows.fold.foldPending();
      return database.db
        .collection(Collection.RolloutUsers)
        .find({ segment: { $in: ['~users-1', '~users-2'] } })
        .toArray();
    })();
    await whenLooked(server.windows, 0);
    const cohorts = database.db.collection(Collection.RolloutCohorts);
    await cohorts.deleteMany(otherShards);
    await database.db.collection(Collection.RolloutUsers).insertMany(kept);
    expect(sumOf(await whenLooked(server.windows, 2), 'buyers').users).toBe(32);
  });

  it('tell the same user of two environments and of two rollouts apart, and keep no id', async () => {
    const server = givenServer();
    const targetingKey = 'ana@example.org';
    const events = (rollout: string) => [givenExposure({ rollout, targetingKey, at: inWindow(0) })];
    await server.accept(events('r1'));
    await server.accept(events('r2'), 'staging');
    await server.windows.fold.foldPending();
    const documents = await database.db
      .collection<{ totals: { users: Record<string, object> } }>(Collection.RolloutUsers)
      .find()
      .toArray();
    const hashes = documents.map(({ totals }) => Object.keys(Object.values(totals.users)[0] ?? {})[0]);
    expect(hashes).toHaveLength(2);
    expect(new Set(hashes).size).toBe(2);
    const text = await dump();
    for (const secret of [targetingKey, userDigest('r1', targetingKey), userDigest('r2', targetingKey)]) {
      expect(text).not.toContain(secret);
    }
  });

  it('destroy the key for good: no hash is left, none can be made, and the totals stay', async () => {
    const server = givenServer();
    await server.accept([givenExposure({ ...user('ana'), at: inWindow(0) })]);
    await whenLooked(server.windows, 1);
    await server.accept([givenExposure({ ...user('ben'), at: inWindow(2) })], 'production', inWindow(2, 2_000));
    const standing = await database.db.collection<{ key: Binary }>(Collection.RolloutKeys).findOne({});
    const key = Buffer.from(standing?.key.value() ?? []);
    expect(key).toHaveLength(32);
    const rollout = { rolloutId: 'r1', flagId: 'production/checkout' };
    await users.destroyKey(rollout);
    await server.windows.compact({ ...rollout, control: 'off', candidate: 'on' });
    await users.removeUsers('r1');
    await users.destroyKey(rollout);
    expect(await database.db.collection(Collection.RolloutKeys).find().toArray()).toEqual([
      { _id: 'r1', flagId: 'production/checkout', createdAt: expect.any(Number) as number, destroyedAt: clock.at },
    ]);
    expect(await database.db.collection(Collection.RolloutUsers).countDocuments()).toBe(0);
    expect(await database.db.collection(Collection.RolloutCohorts).countDocuments()).toBe(0);
    expect(await dump()).not.toContain(key.toString('base64').slice(0, 20));
    expect(await keys.getOrCreate(rollout, randomBytes(32))).toBeNull();
    // A server that has not heard of the end yet still knows the key for a little while; one that asks now counts nobody.
    await givenServer().accept([givenExposure({ ...user('cem'), at: clock.at })], 'production', clock.at);
    await server.windows.fold.foldPending();
    expect(await database.db.collection(Collection.RolloutUsers).countDocuments()).toBe(0);
    const compacted = await server.windows.readCompacted('r1');
    expect(JSON.stringify(compacted)).toContain('"user:buyers":{"count":1');
  });

  it('remove what a late batch of an ended rollout left', async () => {
    const server = givenServer();
    await server.accept([givenExposure({ ...user('ana'), at: inWindow(0) })]);
    await users.destroyKey({ rolloutId: 'r1', flagId: 'production/checkout' });
    await server.windows.fold.foldPending();
    expect(await users.removeUnkeyed()).toEqual(['r1']);
    expect(await database.db.collection(Collection.RolloutUsers).countDocuments()).toBe(0);
  });

  it('make one key when several servers ask at once', async () => {
    const rollout = { rolloutId: 'r1', flagId: 'production/checkout' };
    const made = await Promise.all(Array.from({ length: 8 }, () => keys.getOrCreate(rollout, randomBytes(32))));
    expect(new Set(made.map((each) => each?.key.toString('hex'))).size).toBe(1);
  });

  it('say when there are too many users, and count no more', async () => {
    const server = givenServer();
    await server.accept([givenExposure({ ...user('ana'), at: inWindow(0) })]);
    await keys.markTooManyUsers('r1');
    const query = { rolloutId: 'r1', users: { followMs: WINDOW_MS, totals: USERS, eventOf: userEvent } } as never;
    expect(await server.windows.troubleOf(query)).toMatchObject({ quality: 'too_many_users' });
    expect(sumOf(await whenLooked(server.windows, 3), 'buyers').users).toBe(0);
    await givenServer().accept([givenExposure({ ...user('ben'), at: inWindow(4) })], 'production', inWindow(4, 2_000));
    await server.windows.fold.foldPending();
    expect(
      await database.db.collection(Collection.RolloutUsers).countDocuments({ windowStart: { $gt: WINDOW_START } }),
    ).toBe(0);
  });
});
