import { setTimeout as sleep } from 'node:timers/promises';
import type { EventBatch } from '../../../metrics/events';
import { EventIngest } from '../../../server/ingest/event-ingest';
import { startStack, type Stack } from '../../../stack';
import { connectDatabase, type Database } from '../../../store/database';
import { DatabaseClock } from '../../../store/database-clock';
import { MongoDecisionsRepository } from '../../../store/decisions-repository';
import { MongoFlagsRepository, type DecisionDraft } from '../../../store/flags-repository';
import { MongoIngestGroupsRepository } from '../../../store/ingest-groups-repository';
import { ensureSchema } from '../../../store/schema';
import { MongoWindowsRepository } from '../../../store/windows-repository';
import { givenFlag } from '../../support/flag-builders';

const KILLS = 3;
const EVENTS = 20;
const draft: DecisionDraft = {
  actor: { kind: 'token', name: 'ada', verified: true },
  action: 'flag.edit',
  reason: 'because',
};

/** What clients believe: each writes until it is told to stop, and repeats whatever was not acknowledged. */
class Clients {
  stopped = false;
  acknowledged = 0;
  swaps = 0;
  private batches = 0;

  constructor(
    private readonly database: Database,
    private readonly clock: DatabaseClock,
    private readonly servers: readonly EventIngest[],
  ) {}

  async sendBatches(sender: string): Promise<void> {
    while (!this.stopped) {
      const at = this.clock.nowMs();
      const events: EventBatch['events'] = Array.from({ length: EVENTS }, (_, index) => ({
        kind: 'exposure',
        flag: 'checkout',
        rollout: 'r1',
        variant: index % 2 === 0 ? 'on' : 'off',
        transition: 1,
        cell: index,
        at,
      }));
      const batch = { batchId: `${sender}-batch-${this.batches++}`, createdAt: at, events };
      // Each repetition goes through the other server.
      for (let attempt = 0; ; attempt += 1) {
        const taken = await this.servers[attempt % this.servers.length]?.accept('production', batch).catch(() => null);
        if (taken) break;
        await sleep(50);
      }
      this.acknowledged += events.length;
    }
  }

  async editFlag(): Promise<void> {
    const flags = new MongoFlagsRepository(this.database.db);
    while (!this.stopped) {
      const written = await flags
        .get('production/checkout')
        .then((before) => flags.swap({ before, after: givenFlag({ owner: `owner-${this.swaps}` }), draft }))
        .catch(() => null);
      if (written === null) await sleep(20);
      else this.swaps += 1;
    }
  }
}

// A kill may hit the embedded stand-in so that it does not come back for a minute; a fresh one is then tried. What is
// lost or doubled fails each time.
jest.retryTimes(3);

describe('a database that is killed again and again', () => {
  let stack: Stack;
  let database: Database;
  let clock: DatabaseClock;

  beforeEach(async () => {
    const env = { ...process.env, HEADGATE_MONGODB_URL: '' };
    const ports = { temporal: 0, temporalUi: 0, mongodb: 0 };
    stack = await startStack({ mode: 'attached', ports, env, log: () => undefined });
    database = await connectDatabase({ url: stack.mongodb.url, name: 'killed' });
    await ensureSchema(database.db);
    clock = await new DatabaseClock(database.db).start();
  });
  afterEach(async () => {
    clock.stop();
    await database.close();
    await stack.stop();
  });

  it('loses and doubles neither acknowledged events nor acknowledged swaps of a flag', async () => {
    const groups = new MongoIngestGroupsRepository(database.db);
    const windows = new MongoWindowsRepository(database.db, clock);
    const observed = { windowMs: 5_000, segments: [], thresholds: {} };
    const resolveObservation = async (): Promise<typeof observed> => observed;
    const limits = { flushMs: 20, foldMs: 100 };
    const servers = [1, 2].map(
      () => new EventIngest({ groups, fold: windows.fold, clock, resolveObservation, limits }),
    );
    const clients = new Clients(database, clock, servers);
    const work = [...['a', 'b', 'c'].map((name) => clients.sendBatches(name)), clients.editFlag(), clients.editFlag()];
    for (let kill = 0; kill < KILLS; kill += 1) {
      const [acknowledged, swaps] = [clients.acknowledged, clients.swaps];
      while (clients.acknowledged < acknowledged + 10 * EVENTS || clients.swaps < swaps + 10) await sleep(20);
      await stack.mongodb.kill();
      await stack.mongodb.restart();
    }
    clients.stopped = true;
    await Promise.all(work);
    for (const server of servers) await server.close();
    await windows.fold.foldPending();

    const stored = await database.db
      .collection<{ totals?: { exposures?: number; late?: number } }>('metric_windows')
      .find()
      .toArray();
    const counted = stored.reduce((sum, { totals }) => sum + (totals?.exposures ?? 0) + (totals?.late ?? 0), 0);
    expect(counted).toBe(clients.acknowledged);
    const flags = new MongoFlagsRepository(database.db);
    expect((await flags.get('production/checkout'))?.revision).toBeGreaterThanOrEqual(clients.swaps);
    await flags.sweepAudit();
    const report = await new MongoDecisionsRepository(database.db).verifyEnvironment('production');
    expect(report.problems).toEqual([]);
    expect(report.records).toBeGreaterThanOrEqual(clients.swaps);
  }, 120_000);
});
