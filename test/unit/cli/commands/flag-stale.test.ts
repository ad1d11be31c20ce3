import { createServer, type Server } from 'node:http';
import { writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { ExitCode } from '../../../../cli/exit-codes';
import { run } from '../../../../cli/run';
import type { Staleness } from '../../../../flags/lifecycle/staleness';
import { givenIo } from '../../../support/cli-io';
import { givenTempDir } from '../../../support/temp-dir';

const at = '2026-01-01T00:00:00.000Z';
const ANSWER: Staleness[] = [
  {
    key: 'checkout',
    lastChangedAt: at,
    findings: [{ reason: 'rolled_out', since: at, message: "serves everybody 'on', and has not changed" }],
    serves: 'on',
    usage: { state: 'unknown', why: 'it had no rollout' },
  },
  { key: 'search', lastChangedAt: at, findings: [], usage: { state: 'seen', lastSeenAt: at } },
];

describe('headgate flag stale', () => {
  let server: Server;
  const asked: string[] = [];
  beforeAll(async () => {
    server = createServer((request, response) => {
      asked.push(request.url ?? '');
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(ANSWER));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  async function stale(...words: string[]) {
    const io = givenIo();
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const code = await run(['flag', 'stale', ...words, '--env', 'production', '--url', url], io);
    return { code, out: io.out(), err: io.err() };
  }

  it('says why each is stale and where the source names it', async () => {
    const folder = givenTempDir();
    writeFileSync(join(folder, 'pay.ts'), "// search\nget('checkout')\n");
    const { code, out } = await stale('--src', folder, '--older-than', '90d');
    expect(code).toBe(ExitCode.Ok);
    expect(asked.at(-1)).toBe('/v1/environments/production/stale-flags?olderThanMs=7776000000');
    expect(out.split('\n')).toEqual([
      '1 of 2 flags are stale (unchanged for 90d, unused or expired)',
      'checkout',
      `  rolled out since ${at}: serves everybody 'on', and has not changed`,
      '  pay.ts:2',
      'of 1 flags nobody knows whether they are used: exposures are counted during rollouts alone',
      '1 files searched',
      '',
    ]);
  });

  it('answers as JSON, and says which can be archived at once', async () => {
    const folder = givenTempDir();
    const { out } = await stale('--src', folder, '--json');
    expect(JSON.parse(out)).toMatchObject({
      olderThanMs: 2_592_000_000,
      flags: [{ key: 'checkout', references: [] }],
      usageUnknown: ['checkout'],
      searched: { files: 0, tooLarge: [] },
    });
    expect((await stale('--src', folder)).out).toContain('not named in the source: headgate flag archive checkout');
  });

  it('refuses a folder that is none', async () => {
    const { code, err } = await stale('--src', '/nonexistent/headgate');
    expect(code).toBe(ExitCode.Usage);
    expect(err).toContain("'/nonexistent/headgate' is no folder");
  });
});
