import { MongoClient } from 'mongodb';
import { setTimeout as sleep } from 'node:timers/promises';
import { followChanges, type ChangeFeed } from '../../../store/change-feed';
import { Collection } from '../../../store/collections';
import { databaseUrl, givenDatabase } from '../../support/database';
import { pollUntil } from '../../support/poll-until';

describe('the feed of changes', () => {
  let database: Awaited<ReturnType<typeof givenDatabase>>;
  let follower: MongoClient;
  let feed: ChangeFeed;
  let requests: number;
  const heard: (string | null)[] = [];

  beforeAll(async () => {
    database = await givenDatabase();
    follower = await new MongoClient(databaseUrl(), { monitorCommands: true }).connect();
    follower.on('commandStarted', ({ commandName }) => (requests += Number(commandName === 'getMore')));
    requests = 0;
    feed = followChanges(follower.db(database.name), (environment) => heard.push(environment));
    await pollUntil(
      () => Promise.resolve(requests),
      (asked) => asked >= 8,
    );
  });
  afterAll(async () => {
    await feed.close();
    await follower.close();
    await database.close();
  });

  it('lets the database wait for a change instead of asking it without end', async () => {
    const before = requests;
    await sleep(2_000);
    // Four streams, each answered after a second of waiting. One that is asked every 50 ms comes to 160.
    expect(requests - before).toBeLessThanOrEqual(16);
  });

  it('tells of each change once it is written, and of no other collection', async () => {
    heard.length = 0;
    const flags = database.db.collection<{ _id: string }>(Collection.Flags);
    await database.db.collection<{ _id: string }>('elsewhere').insertOne({ _id: 'other/flag' });
    for (const environment of ['staging', 'production']) {
      await flags.insertOne({ _id: `${environment}/checkout` });
      await pollUntil(
        () => Promise.resolve(heard),
        (environments) => environments.includes(environment),
      );
    }
    await database.db.collection<{ _id: string }>(Collection.KillSwitches).insertOne({ _id: 'canary' });
    await pollUntil(
      () => Promise.resolve(heard),
      (environments) => environments.length === 3,
    );
    expect(heard.slice(0, 2)).toEqual(['staging', 'production']);
  });

  it('tells of many changes that come while it is answered', async () => {
    heard.length = 0;
    const flags = database.db.collection<{ _id: string }>(Collection.Flags);
    await Promise.all(Array.from({ length: 100 }, (_, index) => flags.insertOne({ _id: `burst/flag-${index}` })));
    await pollUntil(
      () => Promise.resolve(heard),
      (environments) => environments.length >= 100,
    );
    expect(heard).toEqual(Array.from({ length: 100 }, () => 'burst'));
  });

  it('ends while the database waits', async () => {
    const closed = await Promise.race([feed.close().then(() => true), sleep(10_000, false, { ref: false })]);
    expect(closed).toBe(true);
  });
});
