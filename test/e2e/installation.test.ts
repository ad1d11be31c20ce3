import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { givenTempDir } from '../support/temp-dir';

const PROGRAM = join(__dirname, '../../cli/bin/headgate.cjs');

/** `up`, `down` and `reset` as a person uses them, in a folder of their own. */
describe('an installation of this machine', () => {
  let folder: string;

  const run = async (...args: string[]): Promise<{ code: number | null; out: string }> => {
    const env: NodeJS.ProcessEnv = { ...process.env, HEADGATE_DATA_DIR: join(folder, 'data') };
    for (const name of Object.keys(env)) {
      if (name.startsWith('HEADGATE_') && name !== 'HEADGATE_DATA_DIR') delete env[name];
    }
    // Coming up is told by lines that are logged at every level.
    env['HEADGATE_LOG_LEVEL'] = 'error';
    const child = spawn(process.execPath, [PROGRAM, ...args], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (out += chunk.toString()));
    const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
    return { code, out };
  };
  const pidOf = (part: string): number =>
    (JSON.parse(readFileSync(join(folder, 'data', 'run', `${part}.child.json`), 'utf8')) as { pid: number }).pid;
  const urlOf = (out: string): string => /API\s+(http:\S+)/.exec(out)?.[1] ?? '';
  const answers = (url: string): Promise<boolean> =>
    fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) }).then(
      ({ ok }) => ok,
      () => false,
    );
  const until = async (what: string, holds: () => Promise<boolean> | boolean): Promise<void> => {
    const giveUpAt = Date.now() + 60_000;
    while (!(await holds())) {
      if (Date.now() > giveUpAt) throw new Error(`${what}: not within a minute`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  };

  beforeAll(() => {
    folder = givenTempDir();
  });
  afterAll(() => run('reset'));

  it('comes up, brings back a server and a worker that die, keeps its data over down, and goes by reset', async () => {
    const up = await run('up');
    expect([up.code, up.out]).toEqual([0, expect.stringMatching(/hg_[a-z0-9]+_/)]);
    const url = urlOf(up.out);
    const [server, worker] = [pidOf('server'), pidOf('worker')];
    const flag = join(folder, 'flag.yaml');
    writeFileSync(
      flag,
      "flags:\n  - { key: kept, type: boolean, variants: { 'on': true, 'off': false }, defaultVariant: 'off', offVariant: 'off' }\n",
    );
    expect(await run('flag', 'apply', '-f', flag, '--env', 'production')).toMatchObject({ code: 0 });

    process.kill(server, 'SIGKILL');
    process.kill(worker, 'SIGKILL');
    await until('another server', async () => pidOf('server') !== server && (await answers(url)));
    await until('another worker', () => pidOf('worker') !== worker);
    expect(readFileSync(join(folder, 'data', 'logs', 'server.log'), 'utf8')).toContain('is started again in 0.5 s');
    expect((await run('up')).out).toContain('server: running');

    expect((await run('down')).out).toContain('stopped worker, server');
    expect(await answers(url)).toBe(false);
    const again = await run('up');
    expect([again.code, urlOf(again.out)]).toEqual([0, url]);
    expect(await run('flag', 'get', 'kept', '--env', 'production')).toMatchObject({ code: 0 });

    expect((await run('reset')).code).toBe(0);
    expect(existsSync(join(folder, 'data'))).toBe(false);
    expect(await answers(url)).toBe(false);
  }, 240_000);
});
