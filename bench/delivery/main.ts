/**
 * From a committed change to the new value in many connected services: `npx tsx bench/delivery/main.ts`. `SERVICES=100`
 * processes with a provider each follow one server on the embedded database; weights are written by this process as a
 * worker writes them, so the server hears of them from the database alone, and the kill switch is turned through the
 * API. `ROUNDS=20`, `FLAGS=200`.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { startInstallation, type Installation } from '../../demo/installation';
import { bucketUnder, prepareSalt } from '../../flags/evaluator/bucket';
import type { RolloutBlock } from '../../flags/document/rollout-block';
import { connectDatabase } from '../../store/database';
import { DatabaseClock } from '../../store/database-clock';
import { MongoFlagsRepository } from '../../store/flags-repository';
import { MongoLeasesRepository } from '../../store/leases-repository';
import { makeBundles } from '../bundle';
import { quantile } from '../rollouts/history-figures';
import { ReferenceTimer } from '../rollouts/reference-timer';
import { Fleet, type Arrival } from './fleet';

const SERVICES = Number(process.env['SERVICES'] ?? 100);
const ROUNDS = Number(process.env['ROUNDS'] ?? 20);
const FLAGS = Number(process.env['FLAGS'] ?? 200);

const ENVIRONMENT = 'bench';
const FLAG = 'flag-0';
const ROLLOUT = `${FLAG}-delivery`;
const SALT = 'delivery';
/** A user whom a weight of 50 reaches and a weight of 1 does not. */
const salt = prepareSalt(SALT);
const user = Array.from({ length: 1_000 }, (_, at) => `user-${at}`).find((key) => {
  const bucket = bucketUnder(salt, key);
  return bucket >= 1_000 && bucket < 50_000;
})!;

/** One change: who makes it, and which value comes of it. */
interface Change {
  readonly name: string;
  readonly isOn: boolean;
  readonly make: () => Promise<unknown>;
}

async function measure(fleet: Fleet, changes: readonly Change[]): Promise<void> {
  const tookMs = new Map<string, { fromWrite: number[]; fromCommit: number[]; first: number[]; missing: number }>();
  const timer = new ReferenceTimer();
  const [startedAt, cpuBefore] = [performance.now(), fleet.cpuMs()];
  for (let round = -1; round < ROUNDS; round += 1) {
    for (const { name, isOn, make } of changes) {
      // Changes come whenever they come, and not in step with anything that polls.
      await sleep(300 + Math.random() * 700);
      const writtenAt = process.hrtime.bigint();
      await make();
      const committedAt = process.hrtime.bigint();
      const arrival = await fleet.arrival(isOn);
      // The first round warms up.
      if (round < 0) continue;
      const known = tookMs.get(name) ?? { fromWrite: [], fromCommit: [], first: [], missing: 0 };
      known.fromWrite.push(...sinceMs(arrival, writtenAt));
      const sinceCommit = sinceMs(arrival, committedAt).map((ms) => Math.max(0, ms));
      known.fromCommit.push(...sinceCommit);
      known.first.push(Math.min(...sinceCommit));
      known.missing += arrival.missing;
      tookMs.set(name, known);
    }
  }
  const cores = (fleet.cpuMs() - cpuBefore) / (performance.now() - startedAt);
  const { p50Ms, p99Ms, maxMs } = await timer.read();
  await timer.stop();
  console.log(`${SERVICES} services, ${FLAGS} flags, ${ROUNDS} rounds\n`);
  console.log(
    '| change | since the commit was acknowledged: p50, p99, at most | the first service: p50 | since the write was sent: p50, p99 | not seen |',
  );
  console.log('| --- | ---: | ---: | ---: | ---: |');
  const ms = (values: number[], share: number): string => `${Math.round(quantile(values, share))} ms`;
  for (const [name, { fromCommit, fromWrite, first, missing }] of tookMs) {
    const commit = [0.5, 0.99, 1].map((share) => ms(fromCommit, share)).join(', ');
    const write = [0.5, 0.99].map((share) => ms(fromWrite, share)).join(', ');
    console.log(`| ${name} | ${commit} | ${ms(first, 0.5)} | ${write} | ${missing} |`);
  }
  const late = [p50Ms, p99Ms, maxMs].map((value) => `${value.toFixed(1)} ms`).join(', ');
  console.log(`\nA plain timer of this machine was late by ${late} (median, 99th percentile, at most) meanwhile.`);
  console.log(`All services together took ${cores.toFixed(2)} of a core.`);
}

const sinceMs = ({ atNs }: Arrival, fromNs: bigint): number[] => atNs.map((at) => Number(at - fromNs) / 1e6);

/** Flags, one of them with a live rollout whose weight is written as a worker writes it. */
async function openRollout({ stack }: Installation) {
  const database = await connectDatabase({ url: stack.mongodb.url, name: 'headgate' });
  const clock = new DatabaseClock(database.db);
  const flags = new MongoFlagsRepository(database.db);
  for (let at = 0; at < FLAGS; at += 1) {
    const key = `flag-${at}`;
    await flags.swap({
      before: null,
      after: {
        _id: `${ENVIRONMENT}/${key}`,
        environment: ENVIRONMENT,
        key,
        enabled: true,
        type: 'boolean',
        tags: [],
        variants: { on: true, off: false },
        defaultVariant: 'off',
        offVariant: 'off',
        rules: [],
        prerequisites: [],
        salt: key,
      },
      draft: { actor: { kind: 'system', name: 'bench', verified: true }, action: 'flag.create', reason: 'bench' },
    });
  }
  let transition = 0;
  const write = async (weight: number): Promise<void> => {
    const before = await flags.get(`${ENVIRONMENT}/${FLAG}`);
    if (before === null) throw new Error('the flag is there');
    const { revision: _r, lastChange: _l, schemaVersion: _s, ...body } = before;
    transition += 1;
    await flags.swap({
      before,
      after: { ...body, rollout: blockOf(weight, transition) },
      draft: {
        actor: { kind: 'workflow', name: 'bench', verified: true },
        action: transition === 1 ? 'rollout.start' : 'rollout.raise',
        reason: 'bench',
        rolloutId: ROLLOUT,
        transition,
      },
    });
  };
  await write(1);
  await new MongoLeasesRepository(database.db, clock).begin({
    rolloutId: ROLLOUT,
    flagId: `${ENVIRONMENT}/${FLAG}`,
    environment: ENVIRONMENT,
    transition: 1,
    ttlMs: 24 * 3_600_000,
  });
  return { write, close: () => database.close() };
}

const blockOf = (weight: number, transition: number): RolloutBlock => ({
  id: ROLLOUT,
  place: { kind: 'default' },
  control: 'off',
  candidate: 'on',
  weight,
  transition,
  salt: SALT,
  excludedSegments: [],
  onLapse: 'control',
  leaseMs: 24 * 3_600_000,
  observe: { windowMs: 10_000, segments: [], thresholds: {} },
});

async function main(): Promise<void> {
  const installation = await startInstallation((line) => console.error(line), { withWorker: false });
  const { api, url } = installation;
  const bundles = makeBundles();
  const fleet = new Fleet();
  const rollout = await openRollout(installation);
  const turn = (verb: 'kill' | 'release'): Promise<unknown> =>
    api.call('POST', `/v1/environments/${ENVIRONMENT}/${verb}`, { reason: 'bench' });
  try {
    const { token } = await api.call<{ token: string }>('POST', '/v1/tokens', {
      name: 'bench',
      role: 'sdk',
      environment: ENVIRONMENT,
    });
    await fleet.start(SERVICES, await bundles.add('bench/delivery/service.ts'), [url, token, FLAG, user]);
    console.error(`${SERVICES} services are connected`);
    await measure(fleet, [
      { name: 'raise, written by another process', isOn: true, make: () => rollout.write(50) },
      { name: 'rollback, written by another process', isOn: false, make: () => rollout.write(0) },
      { name: 'raise again', isOn: true, make: () => rollout.write(50) },
      { name: 'kill switch, by the API', isOn: false, make: () => turn('kill') },
      { name: 'its release', isOn: true, make: () => turn('release') },
      { name: 'rollback again', isOn: false, make: () => rollout.write(0) },
    ]);
  } finally {
    fleet.stop();
    bundles.remove();
    await rollout.close();
    await installation.stop();
  }
}

void main().then(() => process.exit(0));
