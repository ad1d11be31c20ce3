import { MongoClient } from 'mongodb';
import { messageOf } from '../../core/errors';
import { startInstallation, type Installation } from '../../demo/installation';
import { measureOverrides, tellOverrides } from '../override/measure';
import { countWrites } from './database-writes';
import { readProcesses, type ProcessUse } from './processes';
import { ReferenceTimer } from './reference-timer';
import { startRollouts } from './start-rollouts';
import { TemporalWork, type GroupFigures } from './temporal-work';
import { startTraffic, type Traffic } from './traffic';

/**
 * Many live rollouts on one worker and the embedded stack: how late looks are, what a rollout costs, and how soon an
 * override is seen. Whatever fails, what was measured is printed. Environment: `FAST` (50), `SLOW` (950), `MINUTES`
 * (15), `RATE` evaluations a second (400),
 * `SETTLE_S` seconds left out after the start (150).
 */
const FAST = Number(process.env['FAST'] ?? 50);
const SLOW = Number(process.env['SLOW'] ?? 950);
const MINUTES = Number(process.env['MINUTES'] ?? 15);
const RATE = Number(process.env['RATE'] ?? 400);
const SETTLE_S = Number(process.env['SETTLE_S'] ?? 150);
const FAST_MS = 5_000;
const SLOW_MS = 60_000;
const ENVIRONMENT = 'bench';
/** Looks may be late by this share of their interval at the 99th percentile. */
const AIM = 0.1;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Prints why a part of the measurement is missing, and goes on. */
async function attempt(what: string, part: () => Promise<void>): Promise<void> {
  try {
    await part();
  } catch (error) {
    console.log(`${what}: not measured, ${messageOf(error)}`);
  }
}

function rowOf(label: string, intervalMs: number, figures: GroupFigures): string {
  const share = figures.lateP99Ms / intervalMs;
  const cells = [
    label,
    String(figures.looks),
    figures.lateP50Ms.toFixed(0),
    figures.lateP99Ms.toFixed(0),
    figures.lateMaxMs.toFixed(0),
    [figures.parts.firingMs, figures.parts.waitingMs, figures.parts.lookingMs].map((ms) => ms.toFixed(0)).join(' + '),
    `${(share * 100).toFixed(1)} %, ${share <= AIM ? 'kept' : 'MISSED'}`,
    figures.eventsPerHour.toFixed(0),
  ];
  return `| ${cells.join(' | ')} |${figures.unread > 0 ? ` (${figures.unread} histories unread)` : ''}`;
}

function tellProcesses(
  before: ReadonlyMap<string, ProcessUse>,
  after: ReadonlyMap<string, ProcessUse>,
  spanS: number,
): string {
  const parts = [...after].map(([part, { memoryMb, cpuSeconds }]) => {
    const cores = (cpuSeconds - (before.get(part)?.cpuSeconds ?? 0)) / spanS;
    return `${part} ${memoryMb.toFixed(0)} MB and ${cores.toFixed(2)} of a core`;
  });
  return parts.join(', ');
}

async function measure(installation: Installation, traffic: Traffic, flags: readonly string[]): Promise<void> {
  const temporal = await TemporalWork.connect(installation.stack.temporal.address, ENVIRONMENT);
  const mongo = await MongoClient.connect(installation.stack.mongodb.url);
  const timer = new ReferenceTimer();
  try {
    const transitionsBefore = await temporal.stateTransitions(flags).catch(() => Number.NaN);
    const writesBefore = await countWrites(mongo).catch(() => null);
    const processesBefore = readProcesses();
    const evaluationsBefore = traffic.evaluations();
    await timer.read();
    const fromMs = Date.now();
    await sleep(MINUTES * 60_000);
    const untilMs = Date.now();
    const spanS = (untilMs - fromMs) / 1000;
    const { p50Ms, p99Ms, maxMs } = await timer.read();
    const processes = readProcesses();
    const evaluations = (traffic.evaluations() - evaluationsBefore) / spanS;
    console.log(
      `measured for ${spanS.toFixed(0)} s under ${evaluations.toFixed(0)} evaluations and outcomes a second\n`,
    );
    await attempt('database writes', async () => {
      if (writesBefore === null) throw new Error('the database did not tell at the start');
      const rate = ((await countWrites(mongo)) - writesBefore) / spanS;
      console.log(`database writes: ${rate.toFixed(1)}/s`);
    });
    await attempt('state transitions', async () => {
      const rate = ((await temporal.stateTransitions(flags)) - transitionsBefore) / spanS;
      console.log(`Temporal state transitions: ${rate.toFixed(0)}/s`);
    });
    console.log(`processes: ${tellProcesses(processesBefore, processes, spanS)}`);
    const reference = `p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms, at most ${maxMs.toFixed(0)} ms`;
    console.log(`a plain timer on this machine meanwhile was late by: ${reference}\n`);
    console.log(
      '| rollouts | looks | late p50 ms | late p99 ms | latest ms | firing + waiting + looking, medians, ms | p99 of interval | events per rollout-hour |',
    );
    console.log('| --- | --- | --- | --- | --- | --- | --- | --- |');
    await attempt('fast looks', async () => {
      const figures = await temporal.looks(flags.slice(0, FAST), fromMs, untilMs);
      console.log(rowOf(`${FAST} looked at every 5 s`, FAST_MS, figures));
    });
    await attempt('slow looks', async () => {
      const figures = await temporal.looks(flags.slice(FAST), fromMs, untilMs);
      console.log(rowOf(`${SLOW} looked at every 60 s`, SLOW_MS, figures));
    });
  } finally {
    await timer.stop();
    await mongo.close();
    await temporal.close();
  }
}

async function main(): Promise<void> {
  const idle = new ReferenceTimer();
  await sleep(3_000);
  const before = await idle.read();
  await idle.stop();
  console.log(
    `a plain timer before anything was started was late by: p99 ${before.p99Ms.toFixed(1)} ms, at most ${before.maxMs.toFixed(0)} ms`,
  );
  const installation = await startInstallation((line) => console.error(line));
  let traffic: Traffic | null = null;
  try {
    const { api, url } = installation;
    const flags = Array.from({ length: FAST + SLOW }, (_, index) => ({
      key: `flag-${index}`,
      intervalMs: index < FAST ? FAST_MS : SLOW_MS,
    }));
    const startedAt = performance.now();
    const failures = await startRollouts(api, ENVIRONMENT, flags);
    const tookS = (performance.now() - startedAt) / 1000;
    console.log(`${flags.length - failures.length} rollouts started in ${tookS.toFixed(0)} s`);
    for (const failure of failures.slice(0, 5)) console.log(`not started: ${failure}`);
    const wish = { name: 'bench', role: 'sdk', environment: ENVIRONMENT };
    const { token } = await api.call<{ token: string }>('POST', '/v1/tokens', wish);
    const names = flags.map(({ key }) => key);
    traffic = await startTraffic({ url, token }, names, { perSecond: RATE, users: 200 });
    // Starting a thousand at once is not the steady state: it is left out.
    await sleep(SETTLE_S * 1000);
    await measure(installation, traffic, names);
    await attempt('override under this load', async () => {
      const figures = await measureOverrides({ url, token }, api, ENVIRONMENT, names.slice(FAST).slice(0, 20));
      console.log(`\noverride to first changed evaluation under this load: ${tellOverrides(figures)}`);
    });
  } finally {
    await traffic?.stop().catch(() => undefined);
    await installation.stop();
  }
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
