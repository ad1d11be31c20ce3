import { setTimeout as sleep } from 'node:timers/promises';
import type { MongoClient } from 'mongodb';
import { databaseUrl } from '../../support/database';
import { connectDatabase, isOutage, type Database } from '../../../store/database';
import { pollUntil } from '../../support/poll-until';

/** What the driver keeps to itself: sockets of the monitor and of the pool. */
interface Insides {
  readonly topology: {
    readonly s: {
      readonly servers: Map<
        string,
        {
          readonly monitor: { readonly connection: { readonly socket: { destroy(): void } } | null };
          readonly pool: { readonly connections: Iterable<{ readonly socket: { destroy(): void } }> };
        }
      >;
    };
  };
}

describe('a database whose connections break off', () => {
  let database: Database;
  let client: MongoClient;
  const servers = () => [...(client as unknown as Insides).topology.s.servers.values()];

  beforeEach(async () => {
    database = await connectDatabase({ url: databaseUrl(), name: 'outage' });
    client = database.db.client;
    await database.db.command({ ping: 1 });
  });
  afterEach(() => database.close());

  it('is found again when the heartbeat is sent as its socket has gone and has not told so yet', async () => {
    const heartbeats: number[] = [];
    const broken = new Promise<void>((resolve) => {
      client.on('serverHeartbeatStarted', () => {
        heartbeats.push(Date.now());
        const connection = servers()[0]?.monitor.connection;
        if (connection === null || connection === undefined || heartbeats.length > 50) return;
        connection.socket.destroy();
        resolve();
      });
    });
    await broken;
    client.removeAllListeners('serverHeartbeatStarted');
    let succeeded = 0;
    client.on('serverHeartbeatSucceeded', () => (succeeded += 1));
    await pollUntil(
      () => Promise.resolve(succeeded),
      (count) => count >= 2,
      15_000,
    );
    expect(await database.db.command({ ping: 1 })).toMatchObject({ ok: 1 });
  });

  it('fails a command that is sent in that moment, as an outage, and answers the next', async () => {
    const [server] = servers();
    for (const { socket } of server?.pool.connections ?? []) socket.destroy();
    const outcome = await Promise.race([
      database.db.command({ ping: 1 }).then(
        () => 'answered',
        (error: unknown) => isOutage(error),
      ),
      sleep(10_000, 'hung', { ref: false }),
    ]);
    expect([true, 'answered']).toContain(outcome);
    expect(await database.db.command({ ping: 1 })).toMatchObject({ ok: 1 });
  });
});
