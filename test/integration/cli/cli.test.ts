import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StatusAnswer, TimelineLine } from '../../../cli/api/answers';
import { givenServer, type ServerUnderTest } from '../../support/server-under-test';
import { givenTempDir } from '../../support/temp-dir';
import { givenWorker } from '../../support/worker-under-test';

const PROGRAM = join(__dirname, '../../../cli/bin/headgate.cjs');
const FLAGS = `
segments:
  - { key: friends, if: { segment: insiders } }
  - { key: insiders, if: { attribute: plan, value: insider } }
flags:
  - key: checkout
    type: boolean
    variants: { 'on': true, 'off': false }
    defaultVariant: 'off'
    offVariant: 'off'
`;
const PLAN = `
flag: checkout
candidate: 'on'
steps: [20, 50]
bake: 10m
`;

let server: ServerUnderTest;
let stopWorker: () => Promise<void>;
let environment: NodeJS.ProcessEnv;
let folder: string;

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the program as people do. */
function headgate(
  words: readonly string[],
  onStart: (child: ChildProcess, out: () => string) => void = () => undefined,
) {
  return new Promise<Ran>((resolve) => {
    const child = spawn(process.execPath, [PROGRAM, ...words], {
      cwd: folder,
      env: { ...process.env, ...environment },
    });
    let [out, err] = ['', ''];
    child.stdout.on('data', (data: Buffer) => (out += data.toString()));
    child.stderr.on('data', (data: Buffer) => (err += data.toString()));
    child.once('close', (code) => resolve({ code, out, err }));
    onStart(child, () => out);
  });
}

beforeAll(async () => {
  const taskQueue = `rollouts-cli-${randomUUID().slice(0, 8)}`;
  server = await givenServer({ taskQueue });
  stopWorker = await givenWorker(server.config, taskQueue);
  folder = givenTempDir();
  environment = {
    HEADGATE_URL: await server.app.listen({ host: '127.0.0.1', port: 0 }),
    HEADGATE_TOKEN: await server.token('admin'),
    HEADGATE_DATA_DIR: join(folder, 'none'),
  };
  writeFileSync(join(folder, 'flags.yaml'), FLAGS);
  writeFileSync(join(folder, 'plan.yaml'), PLAN);
  writeFileSync(join(folder, 'other.yaml'), PLAN.replace('[20, 50]', '[10, 50]'));
}, 120_000);

afterAll(async () => {
  const path = '/v1/environments/production/rollouts/checkout/messages/abort';
  // Ended already unless a test has failed; the folder of the program is gone by now.
  await server.call('POST', path, { as: environment['HEADGATE_TOKEN'], body: { reason: 'the tests end' } });
  await stopWorker();
  await server.close();
});

describe('headgate', () => {
  it('applies segments and flags in the order in which they refer to each other', async () => {
    expect(await headgate(['flag', 'apply', '-f', 'flags.yaml'])).toMatchObject({ code: 2 });
    const { code, out } = await headgate(['flag', 'apply', '-f', 'flags.yaml', '--env', 'production']);
    expect(code).toBe(0);
    expect(out.split('\n').slice(0, 3)).toEqual([
      'segment insiders: created, revision 1',
      'segment friends: created, revision 1',
      'flag checkout: created, revision 1',
    ]);
    const got = await headgate(['flag', 'get', 'checkout']);
    writeFileSync(join(folder, 'got.yaml'), got.out);
    expect((await headgate(['flag', 'apply', '-f', 'got.yaml'])).out).toBe('flag checkout: applied, revision 1\n');
  });

  it('resolves a plan without starting it', async () => {
    const { code, out } = await headgate([
      'rollout',
      'start',
      'plan.yaml',
      '--dry-run',
      '--requests-per-minute',
      '6000',
    ]);
    expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining('falseRollbackRate: 0.01') as string });
    expect(out).toContain('# ');
    expect((await headgate(['rollout', 'list'])).out).toBe('no rollouts\n');
  });

  it('leaves a rollout alone when its waiting is interrupted, attaches to it again, and refuses another plan', async () => {
    const interrupted = await headgate(['rollout', 'start', 'plan.yaml', '--wait'], (child, out) => {
      child.stdout?.on('data', () => void (out().includes('20 %') && child.kill('SIGINT')));
    });
    expect(interrupted.code).toBe(130);
    expect(interrupted.err).toContain('goes on: nothing was aborted');
    const attached = await headgate(['rollout', 'start', 'plan.yaml', '--json']);
    expect(JSON.parse(attached.out)).toMatchObject({ outcome: 'attached' });
    const other = await headgate(['rollout', 'start', 'other.yaml']);
    expect(other.code).toBe(6);
    expect(other.err).toContain('--replace');
    expect((await headgate(['rollout', 'watch', 'checkout', '--timeout', '1s'])).code).toBe(7);
  });

  it('steers a rollout and tells its story', async () => {
    expect((await headgate(['rollout', 'set-weight', 'checkout', '15'])).code).toBe(0);
    expect((await headgate(['rollout', 'pause', 'checkout', '--reason', 'lunch'])).code).toBe(0);
    const status = JSON.parse((await headgate(['rollout', 'status', 'checkout', '--json'])).out) as StatusAnswer;
    expect(status).toMatchObject({ phase: 'paused', weight: 15 });
    const follower = headgate(['rollout', 'watch', 'checkout']);
    expect((await headgate(['rollout', 'abort', 'checkout', '--reason', 'enough'])).code).toBe(0);
    expect((await follower).code).toBe(4);
    const timeline = JSON.parse((await headgate(['rollout', 'timeline', 'checkout', '--json'])).out) as TimelineLine[];
    expect(timeline.map(({ weight }) => weight)).toEqual([20, 15, 0]);
    expect((await headgate(['rollout', 'start', 'plan.yaml'])).code).toBe(4);
  });

  it('makes tokens, refuses what a token may not do, and revokes it', async () => {
    const made = await headgate(['token', 'create', 'looker', '--role', 'viewer', '--json']);
    const { id, token } = JSON.parse(made.out) as { id: string; token: string };
    expect((await headgate(['flag', 'list', '--token', token])).code).toBe(0);
    expect((await headgate(['flag', 'off', 'checkout', '--reason', 'try', '--token', token])).code).toBe(9);
    expect((await headgate(['token', 'revoke', id])).code).toBe(0);
    expect((await headgate(['flag', 'list', '--token', token])).code).toBe(9);
  });

  it('switches a flag off and finds every chain of records whole', async () => {
    expect((await headgate(['flag', 'off', 'checkout', '--reason', 'fire'])).code).toBe(0);
    expect((await headgate(['flag', 'list'])).out).toMatch(/checkout +boolean +off/);
    expect((await headgate(['audit', 'verify'])).out).toContain('every chain holds');
  });

  it('schedules a change, lists it and takes it back', async () => {
    const at = new Date(Date.now() + 3_600_000).toISOString();
    const schedule = ['flag', 'schedule', 'checkout', '--at', at, '--reason', 'launch'];
    expect(await headgate([...schedule, '--on', '--off'])).toMatchObject({ code: 2 });
    expect(await headgate([...schedule.slice(0, 4), '2020-01-01T00:00:00Z', '--on', '--reason', 'x'])).toMatchObject({
      code: 2,
    });
    writeFileSync(join(folder, 'scheduled.yaml'), PLAN);
    const { out, code } = await headgate([...schedule, '--plan', 'scheduled.yaml', '--json']);
    expect(code).toBe(0);
    const { id } = JSON.parse(out) as { id: string };
    expect((await headgate(['flag', 'scheduled', 'checkout'])).out).toMatch(new RegExp(`${id} +checkout +roll out on`));
    const taken = await headgate(['flag', 'unschedule', id, '--reason', 'postponed']);
    expect(taken.out).toContain('is cancelled');
    expect((await headgate(['flag', 'scheduled'])).out).toBe('nothing is scheduled\n');
    expect((await headgate(['flag', 'scheduled', '--all'])).out).toContain('postponed');
  });

  it('exports flags, finds stale ones in the source and tells what a change touches', async () => {
    writeFileSync(join(folder, 'pay.ts'), "client.getBooleanValue('checkout', false)\n");
    const exported = await headgate(['flag', 'export', '--to', 'flagd']);
    expect(exported.code).toBe(0);
    expect(JSON.parse(exported.out)).toMatchObject({ flags: { checkout: { defaultVariant: 'off' } } });
    const stale = await headgate(['flag', 'stale', '--src', '.', '--older-than', '0s']);
    expect([stale.code, stale.out]).toEqual([
      0,
      expect.stringMatching(/checkout\n {2}rolled out since .*\n(.*\n)*? {2}pay\.ts:1\n/),
    ]);
    const impact = await headgate(['flag', 'impact', 'checkout']);
    expect(impact.out).toBe('nothing depends on it: it can be archived\n');
  });
});
