import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExperimentAnswer } from '../../../cli/render/experiment-lines';
import { OperatedServer } from '../../support/operated-server';
import { pollUntil } from '../../support/poll-until';
import { givenTempDir } from '../../support/temp-dir';

const PROGRAM = join(__dirname, '../../../cli/bin/headgate.cjs');
const FILE = `flag: checkout
environment: shop
treatments: ['on']
duration: 1h
metrics:
  - { name: failed, kind: error_rate }
  - { name: errors, kind: error_rate, role: guardrail }
`;

describe('headgate experiment', () => {
  let operated: OperatedServer;
  let variables: NodeJS.ProcessEnv;
  let folder: string;

  beforeAll(async () => {
    operated = await OperatedServer.open('experiment-cli');
    folder = givenTempDir();
    const url = await operated.server.app.listen({ host: '127.0.0.1', port: 0 });
    variables = { HEADGATE_URL: url, HEADGATE_TOKEN: operated.operator, HEADGATE_DATA_DIR: join(folder, 'none') };
    await operated.createFlag('/v1/environments/shop', 'checkout');
    writeFileSync(join(folder, 'experiment.yaml'), FILE);
    writeFileSync(join(folder, 'wrong.yaml'), FILE.replace('role: guardrail', 'role: guard'));
  }, 180_000);
  afterAll(() => operated.close());

  const headgate = (...words: string[]): Promise<{ code: number | null; out: string; err: string }> =>
    new Promise((resolve) => {
      const env = { ...process.env, ...variables };
      const child = spawn(process.execPath, [PROGRAM, 'experiment', ...words], { cwd: folder, env });
      let [out, err] = ['', ''];
      child.stdout.on('data', (data: Buffer) => (out += data.toString()));
      child.stderr.on('data', (data: Buffer) => (err += data.toString()));
      child.once('close', (code) => resolve({ code, out, err }));
    });

  it('tells line and field of faults, starts, shows, steers, and exits by the end', async () => {
    const dry = await headgate('start', 'experiment.yaml', '--dry-run');
    expect(dry).toMatchObject({ code: 0, out: 'would start, 50 % in each arm\n' });
    const wrong = await headgate('start', 'wrong.yaml', '--dry-run');
    expect(wrong.code).toBe(2);
    expect(wrong.err).toMatch(/line 7.*metrics\[1\]\.role/s);

    const waiting = headgate('start', 'experiment.yaml', '--wait', '--json');
    const status = (): Promise<{ code: number | null; out: string }> => headgate('status', 'checkout', '--json');
    const running = await pollUntil(
      status,
      ({ code, out }) => code === 0 && (JSON.parse(out) as ExperimentAnswer).phase === 'running',
    );
    const { experimentId } = JSON.parse(running.out) as ExperimentAnswer;
    expect((await headgate('list', '--flag', 'checkout')).out).toContain(experimentId);
    const shown = (await headgate('status', experimentId)).out;
    expect(shown).toContain(`${experimentId} in shop: running`);
    expect(shown).toContain('on, off at 50 % each');
    expect((await headgate('resume', experimentId)).code).toBe(6);
    expect((await headgate('pause', experimentId, '--reason', 'lunch')).out).toContain('paused');
    expect((await headgate('resume', experimentId)).code).toBe(0);
    expect((await headgate('conclude', experimentId, '--reason', 'enough')).out).toContain('inconclusive');
    const ended = await waiting;
    expect(ended.code).toBe(0);
    const documents = ended.out.trim().split('\n');
    expect(JSON.parse(documents[0] ?? '')).toMatchObject({ outcome: 'started', experimentId });
    expect(JSON.parse(documents.at(-1) ?? '')).toMatchObject({ outcome: 'concluded' });

    const again = await pollUntil(
      () => headgate('start', 'experiment.yaml', '--again', '--json'),
      ({ code }) => code === 0,
    );
    expect(JSON.parse(again.out)).toMatchObject({ outcome: 'started' });
    const aborting = headgate('start', 'experiment.yaml', '--wait');
    await pollUntil(status, ({ out }) => (JSON.parse(out) as ExperimentAnswer).phase === 'running');
    await headgate('abort', 'checkout', '--reason', 'seen');
    expect((await aborting).code).toBe(4);
    expect((await headgate('status', 'nothing')).err).toContain('headgate experiment list');
  }, 180_000);
});
