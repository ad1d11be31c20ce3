import { join } from 'node:path';
import { ErrorCode, HeadgateError, messageOf } from '../core/errors';
import { readRecord, type ComponentRecord } from './data-dir';
import { ManagedComponent, type LaunchFacts, type LaunchPlan } from './managed-component';
import { accepts, choosePort, LOOPBACK } from './ports';
import { isAlive } from './process-identity';
import { SEARCH_ATTRIBUTES } from './search-attributes';
import type { TemporalComponent } from './stack-types';
import { external, seconds, startWithRetry, type StartContext } from './start-context';
import { registerSearchAttributes, temporalTrouble } from './temporal-checks';
import { temporalWays } from './ways/temporal-ways';
import { firstWay } from './ways/way';

const USUAL_PORT = 7233;
const USUAL_UI_PORT = 8233;
const NAMESPACE = 'default';
const READY_TIMEOUT_MS = 30_000;
const ANSWER_TIMEOUT_MS = 2000;

/** A started component and, when this call started it, the process to stop. */
export interface Started<T> {
  readonly component: T;
  readonly process: ManagedComponent | undefined;
}

/** Temporal by the first way that works: the environment's, the one that already runs on this data folder, or a new one. */
export async function startTemporal(context: StartContext): Promise<Started<TemporalComponent>> {
  const began = performance.now();
  const address = context.env['HEADGATE_TEMPORAL_ADDRESS'];
  if (address) return { component: await fromEnvironment(address, context, began), process: undefined };
  const record = await readRecord(context.dataDir, 'temporal');
  if (record !== undefined && isAlive(record.pid, record.identity)) {
    const adopted = new ManagedComponent(launchPlan(record, context.dataDir), undefined, record);
    await adopted.awaitAnswer();
    return { component: describe(adopted, record, 'already running', began, context), process: undefined };
  }
  const program = await firstWay('temporal', temporalWays(context), 'HEADGATE_TEMPORAL_ADDRESS', context.log);
  return startWithRetry([context.ports.temporal, context.ports.temporalUi], async () => {
    const port = await choosePort(context.ports.temporal, USUAL_PORT, 'Temporal');
    const uiPort = await choosePort(context.ports.temporalUi, USUAL_UI_PORT, "Temporal's Web UI");
    const args = [...program.args, ...temporalArguments(context.dataDir, port, uiPort, context.temporalSettings)];
    const managed = new ManagedComponent(
      launchPlan({ ...program, args, port, uiPort }, context.dataDir),
      context.watchdog,
    );
    await managed.start();
    return { component: describe(managed, { port, uiPort }, program.origin, began, context), process: managed };
  });
}

async function fromEnvironment(address: string, { env, log }: StartContext, began: number): Promise<TemporalComponent> {
  const namespace = env['HEADGATE_TEMPORAL_NAMESPACE'] || NAMESPACE;
  const trouble = await temporalTrouble(address, namespace, 10_000);
  if (trouble !== undefined) {
    throw new HeadgateError(
      ErrorCode.TemporalUnavailable,
      `Temporal at ${address}, namespace '${namespace}': ${trouble}`,
      {
        retryable: true,
        remedy: 'Start it, correct HEADGATE_TEMPORAL_ADDRESS, or unset it to have one started.',
      },
    );
  }
  await registerSearchAttributes(address, namespace).catch((error: unknown) =>
    log(`temporal: the search attributes could not be registered (${messageOf(error)})`),
  );
  const tookMs = performance.now() - began;
  log(`temporal: from HEADGATE_TEMPORAL_ADDRESS, at ${address}, namespace ${namespace}, took ${seconds(tookMs)}`);
  const origin = 'address from the environment';
  return { origin, tookMs, address, namespace, uiUrl: undefined, ...external('temporal', 'HEADGATE_TEMPORAL_ADDRESS') };
}

/**
 * A write-ahead log that is synchronized at checkpoints: three times the writes of the default journal, which forces
 * every commit to the disk several times. What was committed outlives a killed process; a power cut may take the last
 * moments, never the file.
 */
const PRAGMAS = ['journal_mode=WAL', 'synchronous=NORMAL'];

/** The dev server's arguments: a file for its data, exact timers, Headgate's search attributes, loopback only. */
export function temporalArguments(
  dataDir: string,
  port: number,
  uiPort: number,
  settings: StartContext['temporalSettings'] = {},
): string[] {
  // By default timers fire up to a second late.
  const dynamic = { 'history.timerProcessorMaxTimeShift': '10ms', ...settings };
  return [
    ...[
      'server',
      'start-dev',
      '--ip',
      LOOPBACK,
      '--port',
      String(port),
      '--ui-ip',
      LOOPBACK,
      '--ui-port',
      String(uiPort),
    ],
    ...['--namespace', NAMESPACE, '--log-level', 'warn', '--db-filename', join(dataDir, 'temporal', 'temporal.db')],
    ...PRAGMAS.flatMap((pragma) => ['--sqlite-pragma', pragma]),
    ...Object.entries(dynamic).flatMap(([key, value]) => ['--dynamic-config-value', `${key}=${JSON.stringify(value)}`]),
    ...Object.entries(SEARCH_ATTRIBUTES).flatMap(([name, type]) => ['--search-attribute', `${name}=${type}`]),
  ];
}

function launchPlan(how: LaunchFacts, dataDir: string): LaunchPlan {
  const { port, uiPort = 0 } = how;
  return {
    ...how,
    name: 'temporal',
    dataDir,
    readyTimeoutMs: READY_TIMEOUT_MS,
    isReady: async () =>
      (await temporalTrouble(`${LOOPBACK}:${port}`, NAMESPACE, ANSWER_TIMEOUT_MS)) === undefined &&
      accepts(LOOPBACK, uiPort, ANSWER_TIMEOUT_MS),
  };
}

function describe(
  managed: ManagedComponent,
  { port, uiPort }: Pick<ComponentRecord, 'port' | 'uiPort'>,
  origin: string,
  began: number,
  { log }: StartContext,
): TemporalComponent {
  const address = `${LOOPBACK}:${port}`;
  const uiUrl = `http://${LOOPBACK}:${uiPort}`;
  const tookMs = performance.now() - began;
  log(`temporal: ${origin}, at ${address}, Web UI ${uiUrl}, took ${seconds(tookMs)}`);
  return {
    ...{ origin, tookMs, address, uiUrl, namespace: NAMESPACE },
    get pid() {
      return managed.pid;
    },
    kill: () => managed.kill(),
    restart: () => managed.restart(),
  };
}
