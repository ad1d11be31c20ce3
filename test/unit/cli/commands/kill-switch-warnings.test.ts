import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parse } from 'yaml';
import type { KillSwitchAnswer } from '../../../../cli/api/answers';
import { ExitCode } from '../../../../cli/exit-codes';
import { run } from '../../../../cli/run';
import { givenIo } from '../../../support/cli-io';
import { givenStatus } from '../../../support/status-builder';

const at = '2026-01-01T00:00:00.000Z';
const FLAG = {
  key: 'checkout',
  environment: 'production',
  revision: 1,
  enabled: true,
  type: 'boolean',
  variants: { on: true, off: false },
  defaultVariant: 'off',
  offVariant: 'off',
  rules: [],
  prerequisites: [],
  tags: [],
  lastChange: { at, actor: { name: 'ada' }, action: 'flag.create', reason: 'new' },
};
const SENTENCE = `the kill switch of production is on since ${at}, by ada (checkout fails): every flag answers as when it is off`;

describe('commands that read while the kill switch is on', () => {
  let server: Server;
  let standing: KillSwitchAnswer;

  const turned = (on: boolean, reason = 'checkout fails'): KillSwitchAnswer => ({
    environment: 'production',
    on,
    revision: 1,
    lastChange: { at, actor: { name: 'ada' }, reason },
  });

  beforeAll(async () => {
    server = createServer((request, response) => {
      const path = request.url ?? '';
      const { on, lastChange } = standing;
      const status = givenStatus(
        on && lastChange !== null ? { killSwitch: { since: at, by: 'ada', reason: lastChange.reason } } : {},
      );
      const body = path.endsWith('/kill-switch')
        ? standing
        : path.endsWith('/holdouts')
          ? { environment: 'production', revision: 0, holdouts: [] }
          : path.includes('/rollouts/')
            ? status
            : path.includes('/flags/')
              ? FLAG
              : [FLAG];
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  async function told(...words: string[]): Promise<string> {
    const io = givenIo();
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect(await run([...words, '--env', 'production', '--url', url], io)).toBe(ExitCode.Ok);
    return io.out();
  }

  it('flag list says so above the flags, and nothing while it is off', async () => {
    standing = turned(true);
    expect((await told('flag', 'list')).split('\n')[0]).toBe(SENTENCE);
    standing = turned(false);
    expect(await told('flag', 'list')).not.toContain('kill switch');
  });

  it('flag get says so in a comment, so that its output stays a flag file, whatever the reason holds', async () => {
    standing = turned(true);
    expect((await told('flag', 'get', 'checkout')).split('\n')[0]).toBe(`# ${SENTENCE}`);
    standing = turned(true, 'two\nlines: yes');
    const text = await told('flag', 'get', 'checkout');
    expect(parse(text)).toMatchObject({ key: 'checkout', defaultVariant: 'off' });
    expect(parse(text)).not.toHaveProperty('lines');
    standing = turned(false);
    expect(await told('flag', 'get', 'checkout')).not.toContain('kill switch');
  });

  it('rollout status says that nobody is served the candidate', async () => {
    standing = turned(true);
    const text = (await told('rollout', 'status', 'checkout')).replace(/\s+/g, ' ');
    expect(text).toContain(
      `the environment's kill switch is on since ${at}, by ada (checkout fails): nobody is served the candidate`,
    );
    standing = turned(false);
    expect(await told('rollout', 'status', 'checkout')).not.toContain('kill switch');
  });

  it('answers the flags alone as JSON', async () => {
    standing = turned(true);
    expect(JSON.parse(await told('flag', 'list', '--json'))).toMatchObject([{ key: 'checkout' }]);
  });

  it('environment status tells a switch that was never used from one that was released', async () => {
    standing = { environment: 'production', on: false, revision: 0, lastChange: null };
    expect(await told('environment', 'status', 'production')).toBe(
      'the kill switch of production is off, and was never used\n',
    );
    standing = turned(false, 'found it');
    expect(await told('environment', 'status', 'production')).toBe(
      `the kill switch of production is off since ${at}, by ada (found it)\n`,
    );
  });
});
