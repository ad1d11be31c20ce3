import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startStack, type Stack } from '../../../stack';
import { givenFlagBody, givenServer, type ServerUnderTest } from '../../support/server-under-test';
import { givenTempDir } from '../../support/temp-dir';
import { givenWorker } from '../../support/worker-under-test';

const ports = { temporal: 0, temporalUi: 0, mongodb: 0 };
const AHEAD_MS = 5_000;

/** A stack of this test's own, on a data folder that outlives it. */
async function givenStack(dataDir: string): Promise<Stack> {
  const env = { ...process.env, HEADGATE_TEMPORAL_ADDRESS: '', HEADGATE_MONGODB_URL: '' };
  return startStack({ mode: 'attached', ports, env, dataDir, log: () => undefined });
}

async function givenServerOn({ temporal, mongodb }: Stack): Promise<ServerUnderTest> {
  const shared = process.env['HEADGATE_MONGODB_URL'];
  process.env['HEADGATE_MONGODB_URL'] = mongodb.url;
  try {
    return await givenServer({ temporalAddress: temporal.address, database: 'outage', taskQueue: 'outage' });
  } finally {
    process.env['HEADGATE_MONGODB_URL'] = shared;
  }
}

describe('a scheduled change whose time passes while Temporal, the database and all workers are down', () => {
  it('is made once when they are back', async () => {
    const dataDir = join(givenTempDir(), 'data');
    let stack = await givenStack(dataDir);
    let server = await givenServerOn(stack);
    const as = await server.token('operator');
    await server.call('PUT', '/v1/environments/outage/flags/sale', { as, body: givenFlagBody() });
    const dueAtMs = server.context.databaseNowMs() + AHEAD_MS;
    const body = {
      at: new Date(dueAtMs).toISOString(),
      reason: 'the sale ends',
      change: { kind: 'switch', enabled: false },
    };
    const asked = await server.call('POST', '/v1/environments/outage/flags/sale/scheduled-changes', { as, body });
    expect(asked.statusCode).toBe(201);
    const { id } = asked.json<{ id: string }>();
    await server.close();
    await stack.stop();
    await sleep(Math.max(0, dueAtMs - Date.now()) + 500);

    stack = await givenStack(dataDir);
    server = await givenServerOn(stack);
    const stopWorker = await givenWorker(server.config, 'outage');
    try {
      const read = async (): Promise<{ status: string }> =>
        (await server.call('GET', `/v1/environments/outage/scheduled-changes/${id}`, { as })).json();
      for (let tries = 0; tries < 300 && ['scheduled', 'making'].includes((await read()).status); tries += 1) {
        await sleep(200);
      }
      expect(await read()).toMatchObject({ status: 'made', outcome: { revision: 2 } });
      const records = await server.context.decisions.byFlag('outage/sale');
      expect(records.map(({ action }) => action)).toEqual(['flag.off', 'flag.create']);
    } finally {
      await stopWorker();
      await server.close();
      await stack.stop();
    }
    // Starts two stacks, one after the other.
  }, 240_000);
});
