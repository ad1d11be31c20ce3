import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { SERVER_NODE_FLAGS } from '../core/node-flags';
import { freePort, startStack, type Stack } from '../stack';
import { createFirstToken } from '../server/bootstrap';
import { connectDatabase } from '../store/database';
import { ensureSchema } from '../store/schema';
import { MongoTokensRepository } from '../store/tokens-repository';
import { DemoApi } from './api';
import { SupervisedProcess } from './processes';

/** A whole Headgate on this machine for the time of the demo. */
export interface Installation {
  readonly stack: Stack;
  readonly server: SupervisedProcess;
  readonly worker: SupervisedProcess;
  readonly api: DemoApi;
  readonly url: string;
  readonly environmentOf: (extra: NodeJS.ProcessEnv) => NodeJS.ProcessEnv;
  readonly logFolder: string;
  stop(): Promise<void>;
}

/** Starts Temporal, the database, one server and one worker (unless it is told to leave it out), each under supervision. */
export async function startInstallation(
  print: (line: string) => void,
  { withWorker = true }: { readonly withWorker?: boolean } = {},
): Promise<Installation> {
  const stack = await startStack({ mode: 'attached', log: print, ports: { temporal: 0, temporalUi: 0, mongodb: 0 } });
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const environment: NodeJS.ProcessEnv = {
    HEADGATE_MONGODB_URL: stack.mongodb.url,
    HEADGATE_MONGODB_DATABASE: 'headgate',
    HEADGATE_TEMPORAL_ADDRESS: stack.temporal.address,
    HEADGATE_TEMPORAL_NAMESPACE: stack.temporal.namespace,
    HEADGATE_SIGNING_KEY: randomBytes(32).toString('hex'),
    HEADGATE_HTTP_PORT: String(port),
    HEADGATE_RECONCILE_SECONDS: '30',
    HEADGATE_LOG_LEVEL: 'info',
    ...(stack.temporal.uiUrl === undefined ? {} : { HEADGATE_TEMPORAL_UI_URL: stack.temporal.uiUrl }),
  };
  const token = await firstToken(stack.mongodb.url);
  const logFolder = join(stack.dataDir, 'logs');
  const root = join(__dirname, '..');
  const serverScript = join(root, 'server', 'main.ts');
  const server = new SupervisedProcess('server', serverScript, environment, logFolder, SERVER_NODE_FLAGS);
  const worker = new SupervisedProcess('worker', join(root, 'workers', 'main.ts'), environment, logFolder);
  server.start();
  if (withWorker) worker.start();
  const api = new DemoApi(url, token);
  await api.call('GET', '/readyz');
  return {
    stack,
    server,
    worker,
    api,
    url,
    logFolder,
    environmentOf: (extra) => ({ HEADGATE_URL: url, ...extra }),
    async stop() {
      await Promise.all([server.stop(), worker.stop()]);
      await stack.stop();
    },
  };
}

async function firstToken(mongodbUrl: string): Promise<string> {
  const database = await connectDatabase({ url: mongodbUrl, name: 'headgate' });
  try {
    await ensureSchema(database.db);
    const token = await createFirstToken(new MongoTokensRepository(database.db), Date.now());
    if (token === null) throw new Error('the database of the demo is not empty: unset HEADGATE_MONGODB_URL');
    return token;
  } finally {
    await database.close();
  }
}
