/**
 * Events a second through ingestion into a real database, and what is written for them:
 * `npx tsx bench/ingest/main.ts [seconds] [batches at once] [flags] [at most so many events a second]`.
 * Rates are shown by the clock and by this process's own processor time, since other processes share the machine.
 */
import { MongoClient } from 'mongodb';
import { EventBatch } from '../../metrics/events';
import { systemClock } from '../../core/clock';
import { UserHashes } from '../../server/events/user-hashes';
import { RolloutKeysRepository } from '../../store/rollout-keys-repository';
import { EventIngest } from '../../server/ingest/event-ingest';
import { startStack } from '../../stack';
import { MongoIngestGroupsRepository } from '../../store/ingest-groups-repository';
import { ensureSchema } from '../../store/schema';
import { MongoWindowsRepository } from '../../store/windows-repository';
import { makeBatch, type Traffic } from './batches';

const [seconds = 10, senders = 32, flags = 10, limit = Infinity] = process.argv.slice(2).map(Number);
const traffic: Traffic = { flags, eventsPerBatch: 500, segments: ['beta', 'vip'] };
const observed = { windowMs: 10_000, segments: traffic.segments, thresholds: { request: [500] } };
const clock = { nowMs: () => Date.now() };
/** Bodies made beforehand, so that making them is no part of the measurement; ids and instants are set anew. */
const templates = Array.from({ length: 40 }, () => makeBatch(traffic, 0));

/** One stage's work for one batch, given as the text of a request's body. */
type Stage = (body: string) => Promise<unknown>;

function makeBody(count: number): string {
  const template = templates[count % templates.length] ?? makeBatch(traffic, 0);
  const now = clock.nowMs();
  return JSON.stringify({ ...template, batchId: `bench-${process.pid}-${now}-${count}`, createdAt: now }).replace(
    /"(at|exposedAt)":0/g,
    `"$1":${now}`,
  );
}

/** Runs a stage from several senders at once, each with one batch under way. */
async function measure(name: string, stage: Stage): Promise<number> {
  const latencies: number[] = [];
  let batches = 0;
  const making = { wallMs: 0, cpuMs: 0 };
  const began = performance.now();
  const cpu = process.cpuUsage();
  const sender = async (): Promise<void> => {
    while (performance.now() - began < seconds * 1000) {
      const aheadMs = (batches * traffic.eventsPerBatch * 1000) / limit - (performance.now() - began);
      if (aheadMs > 0) await new Promise((resolve) => setTimeout(resolve, aheadMs));
      const sentAt = performance.now();
      const before = process.cpuUsage();
      const body = makeBody(batches++);
      making.cpuMs += cpuMs(process.cpuUsage(before));
      making.wallMs += performance.now() - sentAt;
      await stage(body);
      latencies.push(performance.now() - sentAt);
    }
  };
  await Promise.all(Array.from({ length: senders }, sender));
  const wallMs = performance.now() - began;
  const usedMs = cpuMs(process.cpuUsage(cpu)) - making.cpuMs;
  const events = batches * traffic.eventsPerBatch;
  latencies.sort((a, b) => a - b);
  const at = (share: number): string => (latencies[Math.floor(latencies.length * share)] ?? 0).toFixed(0);
  const rate = (ms: number): string => Math.round((events / ms) * 1000).toLocaleString('en');
  console.log(
    `${name.padEnd(34)} ${rate(wallMs - making.wallMs)} events/s by the clock, ${rate(usedMs)} by processor time;` +
      ` answered in p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`,
  );
  return events;
}

function cpuMs({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1000;
}

/** The body's events with users: as many as there are, each with some five requests in a window. */
function named(body: string): EventBatch {
  const batch = JSON.parse(body) as EventBatch;
  const events = batch.events.map((event) => {
    const number = Math.floor(Math.random() * 100) * 64 + (event.cell ?? 0);
    return { ...event, user: String(number).padStart(22, '0') };
  });
  return { ...batch, events };
}

async function main(): Promise<void> {
  const given = process.env['HEADGATE_MONGODB_URL'];
  const stack = given
    ? null
    : await startStack({ mode: 'attached', ports: { temporal: 0, temporalUi: 0, mongodb: 0 } });
  const client = await new MongoClient(given ?? stack?.mongodb.url ?? '', { monitorCommands: true }).connect();
  const db = client.db(`bench_ingest_${process.pid}`);
  try {
    await ensureSchema(db);
    console.log(
      `${senders} senders, batches of ${traffic.eventsPerBatch}, ${flags} flags, ${traffic.segments.length} segments`,
    );
    await measure('parse and validate', async (body) => EventBatch.parse(JSON.parse(body)));
    const windows = new MongoWindowsRepository(db, clock);
    const groups = new MongoIngestGroupsRepository(db);
    const resolveObservation = async (): Promise<typeof observed> => observed;
    const fold = windows.fold;

    const users = [{ metric: 'unlucky', event: 'request', measure: 'any_error' as const }];
    const perUser = { ...observed, users };
    const hashes = new UserHashes(new RolloutKeysRepository(db, clock), systemClock);
    const counting = {
      clock,
      resolveObservation: async (): Promise<typeof perUser> => perUser,
      hashUsersOf: hashes.of.bind(hashes),
    };

    const memory = new EventIngest({
      groups: { store: async () => ({ kind: 'stored' }) },
      fold: { foldWriter: async () => undefined },
      clock,
      resolveObservation,
    });
    await measure('aggregate and merge, no database', (body) => memory.accept('bench', JSON.parse(body) as EventBatch));
    await memory.close();
    const memoryOfUsers = new EventIngest({
      groups: { store: async () => ({ kind: 'stored' }) },
      fold: { foldWriter: async () => undefined },
      ...counting,
    });
    await measure('the same with a metric per user', (body) => memoryOfUsers.accept('bench', named(body)));
    await memoryOfUsers.close();

    const commands = new Map<string, number>();
    let windowWrites = 0;
    client.on('commandStarted', ({ commandName, command }) => {
      commands.set(commandName, (commands.get(commandName) ?? 0) + 1);
      const { updates, update } = command as { updates?: unknown[]; update?: string };
      if (update === 'metric_windows') windowWrites += updates?.length ?? 0;
    });
    const ingest = new EventIngest({ groups, fold, clock, resolveObservation });
    const events = await measure('all of it, stored and folded', (body) =>
      ingest.accept('bench', EventBatch.parse(JSON.parse(body))),
    );
    const closing = performance.now();
    await ingest.close();
    await fold.foldPending();
    console.log(`folded ${(performance.now() - closing).toFixed(0)} ms after the last answer`);
    const groupsStored = await db.collection('ingest_groups').countDocuments();
    const windowsKept = await db.collection('metric_windows').countDocuments();
    const exposures = await db
      .collection<{ totals: { exposures?: number } }>('metric_windows')
      .find({ segment: '*' })
      .map(({ totals }) => totals.exposures ?? 0)
      .toArray();
    console.log(
      `database: ${groupsStored} groups, ${windowsKept} windows, ${windowWrites} additions to windows for ${events} events` +
        ` (${(events / (windowWrites + 2 * groupsStored)).toFixed(0)} events for each document written);` +
        ` commands ${JSON.stringify(Object.fromEntries(commands))}`,
    );
    const ofUsers = new EventIngest({ groups, fold, ...counting });
    await measure('all of it with a metric per user', (body) => ofUsers.accept('bench', EventBatch.parse(named(body))));
    await ofUsers.close();
    const counted = exposures.reduce((sum, count) => sum + count, 0);
    console.log(`exposures counted ${counted}, sent ${events / 5}: ${counted === events / 5 ? 'equal' : 'NOT EQUAL'}`);
    console.log(`memory: ${(process.memoryUsage.rss() / 1e6).toFixed(0)} MB resident`);
  } finally {
    await db.dropDatabase();
    await client.close();
    await stack?.stop();
  }
}

void main();
