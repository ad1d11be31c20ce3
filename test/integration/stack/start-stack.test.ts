import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { MongoClient, type Collection } from 'mongodb';
import { resetStack, SEARCH_ATTRIBUTES, stackStatus, startStack, stopStack, type Stack } from '../../../stack';
import { isAlive, processIdentity } from '../../../stack/process-identity';
import { givenTempDir } from '../../support/temp-dir';

/** This machine's environment without the addresses of the stack that the tests share. */
const env = { ...process.env, HEADGATE_TEMPORAL_ADDRESS: '', HEADGATE_MONGODB_URL: '' };
const ports = { temporal: 0, temporalUi: 0, mongodb: 0 };
const givenDataDir = (): string => join(givenTempDir(), 'data');
const quiet = (): void => undefined;

async function withDocuments<T>({ mongodb }: Stack, work: (notes: Collection) => Promise<T>): Promise<T> {
  const client = new MongoClient(mongodb.url);
  try {
    return await work(client.db('headgate').collection('notes'));
  } finally {
    await client.close();
  }
}

async function withTemporal<T>({ temporal }: Stack, work: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address: temporal.address });
  try {
    return await work(connection);
  } finally {
    await connection.close();
  }
}

describe('an embedded stack', () => {
  let stack: Stack;
  const lines: string[] = [];

  beforeAll(async () => {
    stack = await startStack({ mode: 'attached', ports, env, log: (line) => lines.push(line) });
  });
  afterAll(() => stack.stop());

  it('says in one line each which way was taken, where it listens and how long it took', () => {
    expect(lines).toContainEqual(
      expect.stringMatching(/^temporal: .+, at 127\.0\.0\.1:\d+, Web UI http:\/\/127\.0\.0\.1:\d+, took \d+\.\d s$/),
    );
    expect(lines).toContainEqual(
      expect.stringMatching(/^mongodb: .+, at mongodb:\/\/127\.0\.0\.1:\d+\/, took \d+\.\d s \(.+\)$/),
    );
  });

  it("knows Headgate's search attributes", async () => {
    const known = await withTemporal(stack, ({ operatorService }) =>
      operatorService.listSearchAttributes({ namespace: 'default' }),
    );
    expect(Object.keys(known.customAttributes ?? {})).toEqual(expect.arrayContaining(Object.keys(SEARCH_ATTRIBUTES)));
  });

  it('serves the Web UI', async () => {
    const page = await fetch(stack.temporal.uiUrl ?? '');
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('<html');
  });

  it('keeps acknowledged writes when the database is killed, on the same port', async () => {
    const { url, pid } = stack.mongodb;
    await withDocuments(stack, (notes) => notes.insertOne({ text: 'kept' }));
    await stack.mongodb.kill();
    await stack.mongodb.restart();
    expect(stack.mongodb.url).toBe(url);
    expect(stack.mongodb.pid).not.toBe(pid);
    expect(await withDocuments(stack, (notes) => notes.countDocuments({ text: 'kept' }))).toBe(1);
  });

  it('keeps workflows when Temporal is killed', async () => {
    const workflowExecution = { workflowId: `kept-${Date.now()}` };
    await withTemporal(stack, ({ workflowService }) =>
      workflowService.startWorkflowExecution({
        namespace: 'default',
        workflowId: workflowExecution.workflowId,
        workflowType: { name: 'nobody-hosts-this' },
        taskQueue: { name: 'nobody-polls-this' },
        requestId: 'once',
      }),
    );
    await stack.temporal.kill();
    await stack.temporal.restart();
    const kept = await withTemporal(stack, ({ workflowService }) =>
      workflowService.describeWorkflowExecution({ namespace: 'default', execution: workflowExecution }),
    );
    expect(kept.workflowExecutionInfo?.type?.name).toBe('nobody-hosts-this');
  });

  it('removes its temporary data folder when it is stopped', async () => {
    const other = await startStack({ mode: 'attached', ports, env, log: quiet });
    const pids = [other.temporal.pid ?? 0, other.mongodb.pid ?? 0];
    await other.stop();
    expect(existsSync(other.dataDir)).toBe(false);
    expect(pids.map(processIdentity)).toEqual([undefined, undefined]);
  });
});

describe('a detached stack', () => {
  it('is found running, outlives its stop and start with its data, and is gone after a reset', async () => {
    const dataDir = givenDataDir();
    const options = { mode: 'detached', dataDir, ports, env, log: quiet } as const;
    const first = await startStack(options);
    await withDocuments(first, (notes) => notes.insertOne({ text: 'kept' }));
    const again = await startStack(options);
    expect([again.temporal.pid, again.mongodb.pid]).toEqual([first.temporal.pid, first.mongodb.pid]);
    expect(await stackStatus(dataDir)).toMatchObject({
      temporal: { address: first.temporal.address },
      mongodb: { url: first.mongodb.url },
    });

    expect((await stopStack(dataDir)).sort()).toEqual(['mongodb', 'temporal']);
    expect(await stackStatus(dataDir)).toEqual({ temporal: undefined, mongodb: undefined });
    expect(await stopStack(dataDir)).toEqual([]);

    const second = await startStack(options);
    expect(await withDocuments(second, (notes) => notes.countDocuments({}))).toBe(1);
    await resetStack(dataDir);
    expect(existsSync(dataDir)).toBe(false);
    expect(processIdentity(second.temporal.pid ?? 0)).toBeUndefined();
  });

  it('needs a data folder', async () => {
    await expect(startStack({ mode: 'detached', env, log: quiet })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });
});

describe('a stack whose caller is killed', () => {
  it('ends with it and leaves no data folder', async () => {
    const script = `
      const { startStack } = require(${JSON.stringify(join(__dirname, '../../../stack'))});
      startStack({ mode: 'attached', ports: { temporal: 0, temporalUi: 0, mongodb: 0 }, log: () => {} })
        .then((s) => { console.log(JSON.stringify([s.dataDir, s.temporal.pid, s.mongodb.pid])); setInterval(() => {}, 1000); });`;
    const args = ['--require', require.resolve('tsx/cjs'), '-e', script];
    const caller = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(createInterface({ input: caller.stdout }), 'line')) as [string];
    const [dataDir, ...pids] = JSON.parse(line) as [string, number, number];
    const living = pids.map((pid) => ({ pid, identity: processIdentity(pid) ?? '' }));
    expect(living.every(({ identity }) => identity !== '')).toBe(true);

    caller.kill('SIGKILL');
    const gone = (): boolean => !existsSync(dataDir) && !living.some(({ pid, identity }) => isAlive(pid, identity));
    for (let waited = 0; waited < 15_000 && !gone(); waited += 100) await sleep(100);
    expect(gone()).toBe(true);
  });
});

describe('addresses from the environment', () => {
  it('are used as they are, and never ended by us', async () => {
    const lines: string[] = [];
    const stack = await startStack({ mode: 'attached', log: (line) => lines.push(line) });
    expect(stack.temporal.address).toBe(process.env['HEADGATE_TEMPORAL_ADDRESS']);
    expect(stack.mongodb.url).toBe(process.env['HEADGATE_MONGODB_URL']);
    await expect(stack.mongodb.kill()).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await stack.stop();
    expect(lines.join()).toContain('from HEADGATE_MONGODB_URL');
    const after = await startStack({ mode: 'attached', log: quiet });
    await after.stop();
  });

  it('that do not answer are an error and not passed over', async () => {
    const absent = { ...process.env, HEADGATE_TEMPORAL_ADDRESS: '127.0.0.1:1' };
    await expect(startStack({ mode: 'attached', env: absent, log: quiet })).rejects.toMatchObject({
      code: 'TEMPORAL_UNAVAILABLE',
      remedy: expect.stringContaining('HEADGATE_TEMPORAL_ADDRESS') as string,
    });
  });
});

describe('ports', () => {
  it('asked for and taken are refused with the port, and nothing is left running', async () => {
    const taken = Number(new URL(process.env['HEADGATE_MONGODB_URL'] ?? '').port);
    const dataDir = givenDataDir();
    const start = startStack({ mode: 'detached', dataDir, ports: { ...ports, mongodb: taken }, env, log: quiet });
    await expect(start).rejects.toMatchObject({ code: 'PORT_IN_USE', details: { port: taken } });
    expect(await stackStatus(dataDir)).toEqual({ temporal: undefined, mongodb: undefined });
  });
});
