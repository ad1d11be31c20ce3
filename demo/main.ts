import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { crashAlongTheWay } from './crashes';
import type { DemoApi, FlagView, RolloutView, TimelineLine } from './api';
import { startInstallation, type Installation } from './installation';
import { startLoad, type FeatureTally, type Load } from './load';
import { freePort } from '../stack';
import { SupervisedProcess } from './processes';

const ENDS = ['completed', 'rolled_back', 'aborted', 'superseded', 'refused'];
const GOOD = 'recommendations';
const BAD = 'express-checkout';
/** A demo that has not ended by then has failed. */
const PATIENCE_MS = 240_000;

const print = (line: string): void => console.log(line);

async function makeFlags(api: DemoApi): Promise<string> {
  for (const key of [GOOD, BAD]) {
    await api.call('PUT', `/v1/environments/demo/flags/${key}`, {
      key,
      type: 'boolean',
      variants: { on: true, off: false },
      defaultVariant: 'off',
      offVariant: 'off',
      tags: ['demo'],
    });
  }
  const sdk = await api.call<{ token: string }>('POST', '/v1/tokens', {
    name: 'shop',
    role: 'sdk',
    environment: 'demo',
  });
  return sdk.token;
}

async function startShop(
  installation: Installation,
  token: string,
): Promise<{ shop: SupervisedProcess; port: number }> {
  const port = await freePort();
  const environment = installation.environmentOf({ HEADGATE_TOKEN: token, SHOP_PORT: String(port) });
  const shop = new SupervisedProcess('shop', join(__dirname, 'shop', 'main.ts'), environment, installation.logFolder);
  shop.start();
  for (let tries = 0; tries < 100; tries += 1) {
    const answer = await fetch(`http://127.0.0.1:${port}/product?user=first`).catch(() => null);
    if (answer !== null) return { shop, port };
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`the shop does not answer; see ${installation.logFolder}/shop.log`);
}

async function startRollout(api: DemoApi, flag: string): Promise<void> {
  const plan = parse(await readFile(join(__dirname, 'plans', `${flag}.yaml`), 'utf8')) as unknown;
  const { rolloutId, webUrl } = await api.call<{ rolloutId: string; webUrl?: string }>(
    'POST',
    '/v1/environments/demo/rollouts',
    { plan },
  );
  print(`started ${rolloutId}${webUrl === undefined ? '' : `: ${webUrl}`}`);
}

/** Follows both rollouts, printing each change once, until both have ended. */
async function follow(api: DemoApi): Promise<Map<string, RolloutView>> {
  const last = new Map<string, string>();
  const views = new Map<string, RolloutView>();
  const giveUpAt = Date.now() + PATIENCE_MS;
  while (Date.now() < giveUpAt) {
    for (const flag of [GOOD, BAD]) {
      const view = await api.call<RolloutView>('GET', `/v1/environments/demo/rollouts/${flag}`);
      views.set(flag, view);
      const line = `${flag.padEnd(17)} ${String(view.weight).padStart(3)} %  ${view.phase}${view.waitingFor === null ? '' : ` (${view.waitingFor})`}`;
      if (last.get(flag) !== line) print(`  ${line}  ${view.summary}`);
      last.set(flag, line);
    }
    if ([...views.values()].every(({ phase }) => ENDS.includes(phase))) break;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  return views;
}

async function printTimeline(api: DemoApi, flag: string): Promise<string[]> {
  const lines = await api.call<TimelineLine[]>('GET', `/v1/environments/demo/rollouts/${flag}/timeline`);
  print(`\nTimeline of ${flag}`);
  for (const { at, action, transition, weight, reason } of lines) {
    print(`  ${at.slice(11, 23)}  #${transition ?? '–'} ${action.padEnd(18)} ${weight ?? '–'} %  ${reason}`);
  }
  return checkNumbers(flag, lines);
}

/** Problems in the numbering of transitions: only lowerings may skip a number, and none comes twice. */
function checkNumbers(flag: string, lines: readonly TimelineLine[]): string[] {
  const problems: string[] = [];
  let expected = 1;
  for (const { transition, notApplied } of lines) {
    const skipped = notApplied?.length ?? 0;
    if (transition !== expected + skipped) problems.push(`${flag}: transition ${transition} where ${expected} was due`);
    expected = (transition ?? expected) + 1;
  }
  return problems;
}

function reportHarm(tally: FeatureTally, rolledBackAt: number | null): void {
  if (tally.firstHarmAt === null || rolledBackAt === null) return;
  const tookS = ((rolledBackAt - tally.firstHarmAt) / 1000).toFixed(1);
  print(`\nFrom the first faulty request to weight 0: ${tookS} s`);
  print(
    `Requests harmed: ${tally.harmed} of ${tally.requests} checkouts (${((100 * tally.harmed) / tally.requests).toFixed(2)} %)`,
  );
  if (tally.lastHarmAt !== null && tally.lastHarmAt > rolledBackAt) {
    print(`The last one came ${tally.lastHarmAt - rolledBackAt} ms after the write, while services caught up.`);
  }
}

/** What did not end as it should; empty when all is well. */
async function verdictOf(api: DemoApi, views: Map<string, RolloutView>): Promise<string[]> {
  const problems: string[] = [];
  if (views.get(GOOD)?.phase !== 'completed') problems.push(`${GOOD} ended ${views.get(GOOD)?.phase}, not completed`);
  if (views.get(BAD)?.phase !== 'rolled_back') problems.push(`${BAD} ended ${views.get(BAD)?.phase}, not rolled back`);
  for (const [flag, variant] of [
    [GOOD, 'on'],
    [BAD, 'off'],
  ] as const) {
    const { defaultVariant, rollout } = await api.call<FlagView>('GET', `/v1/environments/demo/flags/${flag}`);
    if (defaultVariant !== variant) problems.push(`${flag} serves '${defaultVariant}'`);
    if (rollout !== undefined) problems.push(`${flag} still carries ${rollout.id}`);
  }
  const audit = await api.call<{ records: number; problems: unknown[] }>('GET', '/v1/environments/demo/audit/verify');
  print(`\nAudit: ${audit.records} decision records, ${audit.problems.length} problems in their chains`);
  if (audit.problems.length > 0) problems.push(`the audit chain is broken: ${JSON.stringify(audit.problems)}`);
  return problems;
}

async function run(installation: Installation): Promise<string[]> {
  const { api, stack } = installation;
  const token = await makeFlags(api);
  const { shop, port } = await startShop(installation, token);
  print(
    `API ${installation.url}/docs   Temporal Web UI ${stack.temporal.uiUrl ?? '(yours)'}   shop http://127.0.0.1:${port}\n`,
  );
  const load: Load = startLoad(port, { ratePerSecond: 240, users: 3000 });
  const ended = new AbortController();
  try {
    await startRollout(api, GOOD);
    await startRollout(api, BAD);
    const blows = process.env['CRASH'] ? crashAlongTheWay(installation, print, ended.signal) : null;
    // A part that cannot be started again is reported after the rollouts, which tell more.
    blows?.catch(() => ended.abort());
    const views = await follow(api);
    ended.abort();
    if (blows !== null) print(`\nKilled ${await blows} times along the way`);
    const problems = [...(await printTimeline(api, GOOD)), ...(await printTimeline(api, BAD))];
    const timeline = await api.call<TimelineLine[]>('GET', `/v1/environments/demo/rollouts/${BAD}/timeline`);
    const rollback = timeline.find(({ action }) => action === 'rollout.roll_back');
    // Requests in flight at the rollback still count.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    reportHarm(load.tallies.checkout, rollback === undefined ? null : Date.parse(rollback.at));
    return [...problems, ...(await verdictOf(api, views))];
  } finally {
    await load.stop();
    await shop.stop();
  }
}

async function main(): Promise<number> {
  const startedAt = Date.now();
  const installation = await startInstallation(print);
  try {
    const problems = await run(installation);
    for (const problem of problems) print(`✗ ${problem}`);
    if (problems.length === 0)
      print(`✓ both rollouts ended as they should, after ${Math.round((Date.now() - startedAt) / 1000)} s`);
    else print(`logs: ${installation.logFolder}`);
    if (process.env['KEEP']) {
      print(
        `KEEP is set: everything stays up until Ctrl-C (Temporal Web UI ${installation.stack.temporal.uiUrl ?? ''})`,
      );
      await new Promise<void>((resolve) => process.once('SIGINT', () => resolve()));
    }
    return problems.length === 0 ? 0 : 1;
  } finally {
    await installation.stop();
  }
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
