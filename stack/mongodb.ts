import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { probeMongoUrl, withoutSecrets, type DatabaseCapabilities } from '../store/database-probe';
import { readRecord } from './data-dir';
import { ManagedComponent, type LaunchFacts, type LaunchPlan } from './managed-component';
import { mongodReady, standinReady } from './mongodb-checks';
import { choosePort, LOOPBACK } from './ports';
import { isAlive } from './process-identity';
import type { MongodbComponent } from './stack-types';
import { external, seconds, startWithRetry, type StartContext } from './start-context';
import type { Started } from './temporal';
import { mongodWays } from './ways/mongod-ways';
import { standinWays } from './ways/standin-ways';
import { firstWay, type Program, type Way } from './ways/way';

const USUAL_PORT = 27017;
const READY_TIMEOUT_MS = 30_000;
const REPLICA_SET = 'headgate';

type Engine = 'mongod' | 'standin';

/**
 * A MongoDB-wire database by the first way that works: the environment's, the one that already runs on this data folder, or a
 * new one. Whichever it is, it is probed.
 *
 * @throws {HeadgateError} DATABASE_UNSAFE when it loses concurrent updates
 */
export async function startMongodb(context: StartContext): Promise<Started<MongodbComponent>> {
  const began = performance.now();
  const { env, dataDir } = context;
  const url = env['HEADGATE_MONGODB_URL'];
  if (url) {
    const capabilities = await probe(url, env);
    const component = describe(url, undefined, 'from HEADGATE_MONGODB_URL', capabilities, began, context);
    return { component, process: undefined };
  }
  const record = await readRecord(dataDir, 'mongodb');
  if (record !== undefined && isAlive(record.pid, record.identity)) {
    const adopted = new ManagedComponent(launchPlan(record, dataDir), undefined, record);
    await adopted.awaitAnswer();
    const capabilities = await probe(mongodbUrl(record.port), env);
    const component = describe(mongodbUrl(record.port), adopted, 'already running', capabilities, began, context);
    return { component, process: undefined };
  }
  const program = await firstWay(
    'mongodb',
    waysFor(await engineOf(dataDir), context),
    'HEADGATE_MONGODB_URL',
    context.log,
  );
  return startWithRetry([context.ports.mongodb], async () => {
    const port = await choosePort(context.ports.mongodb, USUAL_PORT, 'the database');
    const args = [...program.args, ...serverArguments(program.engine, dataDir, port)];
    const managed = new ManagedComponent(launchPlan({ ...program, args, port }, dataDir), context.watchdog);
    await managed.start();
    try {
      await writeFile(engineFile(dataDir), program.engine);
      const capabilities = await probe(mongodbUrl(port), env);
      const component = describe(mongodbUrl(port), managed, program.origin, capabilities, began, context);
      return { component, process: managed };
    } catch (error) {
      await managed.stop();
      throw error;
    }
  });
}

/** Where an embedded database is reached; its only member is the one asked. */
export function mongodbUrl(port: number): string {
  return `mongodb://${LOOPBACK}:${port}/?directConnection=true`;
}

function probe(url: string, env: NodeJS.ProcessEnv): Promise<DatabaseCapabilities> {
  return probeMongoUrl(url, env['HEADGATE_MONGODB_DATABASE'] || 'headgate');
}

/** The two servers cannot read each other's files, so a folder stays with the one that has written to it. */
function waysFor(engine: Engine | undefined, context: StartContext): Way[] {
  const mongod = mongodWays(context);
  const standin = standinWays(context);
  if (engine === 'mongod') return [mongod.installed, mongod.cached, mongod.download];
  if (engine === 'standin') return [standin.cached, standin.build];
  return [mongod.installed, mongod.cached, standin.cached, mongod.download, standin.build];
}

const engineFile = (dataDir: string): string => join(dataDir, 'mongodb', 'engine');

async function engineOf(dataDir: string): Promise<Engine | undefined> {
  const text = await readFile(engineFile(dataDir), 'utf8').catch(() => undefined);
  return text === 'mongod' || text === 'standin' ? text : undefined;
}

/** The server's arguments: its data folder, the port, loopback only. */
export function serverArguments(engine: Program['engine'], dataDir: string, port: number): string[] {
  const data = join(dataDir, 'mongodb');
  const common = ['--port', String(port)];
  if (engine !== 'mongod') return [...common, '--data', join(data, 'standin.mv')];
  // The cache would otherwise take half of the machine's memory.
  const modest = ['--nounixsocket', '--wiredTigerCacheSizeGB', '0.25'];
  return [...common, '--dbpath', data, '--bind_ip', LOOPBACK, '--replSet', REPLICA_SET, ...modest];
}

function launchPlan(how: LaunchFacts, dataDir: string): LaunchPlan {
  const url = mongodbUrl(how.port);
  return {
    ...how,
    name: 'mongodb',
    dataDir,
    readyTimeoutMs: READY_TIMEOUT_MS,
    isReady: () =>
      how.engine === 'mongod' ? mongodReady(url, REPLICA_SET, `${LOOPBACK}:${how.port}`) : standinReady(url),
  };
}

function describe(
  url: string,
  managed: ManagedComponent | undefined,
  origin: string,
  capabilities: DatabaseCapabilities,
  began: number,
  { log }: StartContext,
): MongodbComponent {
  const tookMs = performance.now() - began;
  const yesNo = (can: boolean): string => (can ? 'yes' : 'no');
  const can = `change streams ${yesNo(capabilities.changeStreams)}, transactions ${yesNo(capabilities.transactions)}`;
  log(`mongodb: ${origin}, at ${withoutSecrets(url)}, took ${seconds(tookMs)} (${can})`);
  const rest = { origin, tookMs, url, capabilities };
  if (managed === undefined) return { ...rest, ...external('mongodb', 'HEADGATE_MONGODB_URL') };
  return {
    ...rest,
    get pid() {
      return managed.pid;
    },
    kill: () => managed.kill(),
    restart: () => managed.restart(),
  };
}
