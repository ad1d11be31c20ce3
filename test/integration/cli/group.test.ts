import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GroupStatus } from '../../../workflows/group/status';
import { givenFlagBody, givenServer, type ServerUnderTest } from '../../support/server-under-test';
import { givenTempDir } from '../../support/temp-dir';
import { givenWorker } from '../../support/worker-under-test';

const PROGRAM = join(__dirname, '../../../cli/bin/headgate.cjs');

describe('headgate group', () => {
  let server: ServerUnderTest;
  let stopWorker: () => Promise<void>;
  let variables: NodeJS.ProcessEnv;
  let folder: string;

  beforeAll(async () => {
    const taskQueue = `group-cli-${randomUUID().slice(0, 8)}`;
    server = await givenServer({ taskQueue });
    stopWorker = await givenWorker(server.config, taskQueue);
    const operator = await server.token('operator');
    folder = givenTempDir();
    const url = await server.app.listen({ host: '127.0.0.1', port: 0 });
    variables = { HEADGATE_URL: url, HEADGATE_TOKEN: operator, HEADGATE_DATA_DIR: join(folder, 'none') };
    for (const [key, needs] of [['low'], ['high', 'low']] as const) {
      const prerequisites = needs === undefined ? [] : [{ flag: needs, variants: ['on', 'off'] }];
      await server.call('PUT', `/v1/environments/shop/flags/${key}`, {
        as: operator,
        body: givenFlagBody({ prerequisites }),
      });
    }
    writeFileSync(join(folder, 'low.yaml'), "flag: low\ncandidate: 'on'\nsteps: [10]\nbake: 1h\n");
    const high = "{ flag: high, candidate: 'on', steps: [10], bake: 1h }";
    writeFileSync(
      join(folder, 'group.yaml'),
      `key: two\nenvironment: shop\nmembers:\n  - plan: ${high}\n  - plan: low.yaml\n`,
    );
    writeFileSync(join(folder, 'wrong.yaml'), 'key: two\nenvironment: shop\nmembers:\n  - plan: { flag: high }\n');
  });
  afterAll(async () => {
    await stopWorker();
    await server.close();
  });

  const headgate = (...words: string[]): Promise<{ code: number | null; out: string; err: string }> =>
    new Promise((resolve) => {
      const child = spawn(process.execPath, [PROGRAM, ...words], {
        cwd: folder,
        env: { ...process.env, ...variables },
      });
      let [out, err] = ['', ''];
      child.stdout.on('data', (data: Buffer) => (out += data.toString()));
      child.stderr.on('data', (data: Buffer) => (err += data.toString()));
      child.once('close', (code) => resolve({ code, out, err }));
    });

  it('tells the order, line and field of faults, and where a group stands; --wait exits by its end', async () => {
    const dry = await headgate('group', 'start', 'group.yaml', '--dry-run');
    expect(dry).toMatchObject({ code: 0, out: expect.stringContaining('1. low\n  2. high') as string });
    const wrong = await headgate('group', 'start', 'wrong.yaml', '--dry-run');
    expect(wrong.code).toBe(2);
    expect(wrong.err).toMatch(/line 4.*members\[0\]\.plan\.candidate/s);
    const waiting = headgate('group', 'start', 'group.yaml', '--wait', '--json');
    for (let tries = 0; ; tries += 1) {
      const { code, out } = await headgate('group', 'status', 'two', '--env', 'shop', '--json');
      if (code === 0 && (JSON.parse(out) as GroupStatus).members[0]?.state === 'live') break;
      if (tries > 60) throw new Error(`not in time: ${out}`);
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    expect((await headgate('group', 'list', '--env', 'shop')).out).toMatch(/^two-\w+ {2}progressing .*low, high/);
    expect((await headgate('group', 'approve', 'two', '--env', 'shop')).code).toBe(6);
    expect((await headgate('group', 'abort', 'two', '--env', 'shop', '--reason', 'enough')).code).toBe(0);
    const ended = await waiting;
    expect(ended.code).toBe(4);
    expect(JSON.parse(ended.out.trim().split('\n').at(-1) ?? '')).toMatchObject({ outcome: 'aborted' });
    expect((await headgate('group', 'start', 'group.yaml')).code).toBe(4);
  });
});
