import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DEAD_ADDRESS, newDatabaseName, SIGNING_KEY } from '../../support/server-under-test';

type LogLine = Record<string, unknown>;

describe('the server process', () => {
  const children: ChildProcess[] = [];
  afterAll(() => {
    for (const child of children) if (child.exitCode === null) child.kill('SIGKILL');
  });

  function given(environment: Record<string, string>): { child: ChildProcess; lines: LogLine[]; errors: string[] } {
    const child = spawn(process.execPath, ['--require', 'tsx/cjs', join(__dirname, '../../../server/main.ts')], {
      env: { PATH: process.env['PATH'] ?? '', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.push(child);
    const lines: LogLine[] = [];
    const errors: string[] = [];
    if (child.stdout !== null) {
      createInterface({ input: child.stdout }).on('line', (line) => lines.push(JSON.parse(line) as LogLine));
    }
    child.stderr?.on('data', (chunk: Buffer) => errors.push(chunk.toString()));
    return { child, lines, errors };
  }

  async function waitFor<T>(look: () => T | undefined): Promise<T> {
    for (let waitedMs = 0; waitedMs < 30_000; waitedMs += 50) {
      const found = look();
      if (found !== undefined) return found;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error('nothing came within 30 s');
  }

  it('starts without Temporal, logs JSON without tokens, and drains with exit code 0 on SIGTERM', async () => {
    const { child, lines } = given({
      HEADGATE_HTTP_PORT: '0',
      HEADGATE_MONGODB_URL: process.env['HEADGATE_MONGODB_URL'] ?? '',
      HEADGATE_MONGODB_DATABASE: newDatabaseName(),
      HEADGATE_TEMPORAL_ADDRESS: DEAD_ADDRESS,
      HEADGATE_SIGNING_KEY: SIGNING_KEY,
    });
    const url = await waitFor(() => lines.find(({ msg }) => msg === 'listening')?.['url'] as string | undefined);
    const secret = `hg_000000000000_${'s'.repeat(43)}`;
    const ready = await fetch(`${url}/readyz`);
    const refused = await fetch(`${url}/v1/tokens`, { headers: { authorization: `Bearer ${secret}` } });
    const page = await (await fetch(`${url}/v1/docs`)).text();
    const exited = once(child, 'exit');
    child.kill('SIGTERM');

    expect([ready.status, refused.status]).toEqual([200, 401]);
    expect(page).toContain('/v1/environments/{env}/rollouts');
    expect(page).not.toMatch(/<script|https?:\/\//);
    expect(await exited).toEqual([0, null]);
    expect(lines.map(({ msg }) => msg)).toEqual(expect.arrayContaining(['refused', 'answered', 'draining', 'drained']));
    expect(JSON.stringify(lines)).not.toContain('sss');
  });

  it('names every variable that is missing or wrong, and none of their values', async () => {
    const { child, errors } = given({ HEADGATE_SIGNING_KEY: 'too-short-secret', HEADGATE_HTTP_PORT: '99999' });
    const [code] = (await once(child, 'exit')) as [number];

    expect(code).toBe(1);
    for (const name of ['MONGODB_URL', 'TEMPORAL_ADDRESS', 'SIGNING_KEY', 'HTTP_PORT']) {
      expect(errors.join('')).toContain(`HEADGATE_${name}`);
    }
    expect(errors.join('')).not.toContain('too-short-secret');
  });
});
