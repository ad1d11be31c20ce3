import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ExitCode } from '../../../cli/exit-codes';
import { writeProfile } from '../../../cli/local/profile';
import { run } from '../../../cli/run';
import { connectionOf } from '../../../cli/session';
import { givenIo } from '../../support/cli-io';
import { givenTempDir } from '../../support/temp-dir';

let server: Server | undefined;

/** An API that only knows its environments. */
function givenEnvironments(names: readonly string[]): Promise<string> {
  return givenAnswers(200, (url) => (url === '/v1/environments' ? names : []));
}

/** An API that answers whatever it is asked. */
async function givenAnswers(status: number, answer: (url: string | undefined) => unknown): Promise<string> {
  server = createServer((request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer(request.url)));
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

describe('the command line', () => {
  it('shows in help which words may be left out', async () => {
    const io = givenIo();
    expect(await run(['--help'], io)).toBe(ExitCode.Ok);
    expect(io.out()).toMatch(/flag get <key> /);
    expect(io.out()).toMatch(/flag diff <key> <from> \[to\]/);
    expect(io.out()).toMatch(/replay \[rollout\] /);
  });

  it.each([
    [['rollout', 'strat']],
    [['flag', 'off', 'checkout']],
    [['flag', 'list', '--timeout', 'soon']],
    [['flag', 'list', '--url', 'nowhere']],
    [['rollout', 'set-weight', 'checkout', 'half', '--env', 'production']],
    [['rollout', 'promote', 'checkout', '--force', '--env', 'production']],
    [['rollout', 'start', 'plan.yaml', '--wait', '--dry-run']],
    [['rollout', 'start', 'missing.yaml']],
    [['token', 'create', 'ci', '--role', 'king']],
  ])('calls %j a usage error and shows no stack', async (words) => {
    const io = givenIo();
    expect(await run(words, io)).toBe(ExitCode.Usage);
    expect(io.err()).toContain('error: ');
    expect(io.err()).not.toContain('    at ');
    expect(io.out()).toBe('');
  });

  it('says errors as JSON when asked, those of the command line included', async () => {
    const io = givenIo();
    expect(await run(['rollout', 'strat', '--json'], io)).toBe(ExitCode.Usage);
    expect(JSON.parse(io.err())).toMatchObject({ error: { code: 'INVALID_ARGUMENT', exitCode: 2 } });
  });

  it('tells a server that is not there from other errors, with what to do', async () => {
    const io = givenIo();
    expect(await run(['flag', 'list', '--env', 'production', '--url', 'http://127.0.0.1:9'], io)).toBe(
      ExitCode.Unreachable,
    );
    expect(io.err()).toContain('headgate up');
  });

  it('calls aliases that multiply, or lead nowhere, a fault of the file', async () => {
    const bomb = [
      'a: &a [x, x]',
      ...[...'bcdefghij'].map((name, at) => `${name}: &${name} [${`*${'abcdefghij'[at]}, `.repeat(9)}]`),
    ];
    for (const text of [bomb.join('\n'), 'flag: *nowhere\n']) {
      const io = givenIo({ files: { 'plan.yaml': text } });
      expect(await run(['rollout', 'start', 'plan.yaml', '--env', 'production'], io)).toBe(ExitCode.Usage);
      expect(io.err()).toContain('the plan is not valid');
    }
  });

  it('answers who waits for a rollout that has ended already with one document in one line', async () => {
    const status = { phase: 'rolled_back', rolloutId: 'checkout-1' };
    const url = await givenAnswers(200, () => ({ outcome: 'finished', rolloutId: 'checkout-1', status }));
    const io = givenIo({ files: { 'plan.yaml': 'flag: checkout\ncandidate: on\n' } });
    const words = ['rollout', 'start', 'plan.yaml', '--env', 'production', '--url', url, '--json', '--wait'];
    expect(await run(words, io)).toBe(ExitCode.RolledBack);
    expect(io.out().trim().split('\n')).toHaveLength(1);
    expect(JSON.parse(io.out())).toMatchObject({ outcome: 'finished', status });
  });

  it('asks whether an environment is meant whose audit has nothing to check', async () => {
    const url = await givenAnswers(200, () => ({ ok: true, flags: 0, segments: 0, records: 0, problems: [] }));
    const io = givenIo();
    expect(await run(['audit', 'verify', '--env', 'prodution', '--url', url], io)).toBe(ExitCode.Ok);
    expect(io.err()).toContain("nothing is recorded in 'prodution'");
  });

  it('names line and field of what the server finds wrong with a plan', async () => {
    const issues = [
      { field: 'segments[1]', message: "there is no segment 'us'" },
      { field: 'place', message: 'no' },
    ];
    const problem = { code: 'INVALID_PLAN', message: 'the plan is not valid: …', details: { issues } };
    const url = await givenAnswers(422, () => problem);
    const plan = 'flag: checkout\ncandidate: on\nsegments:\n  - eu\n  - us\n';
    const io = givenIo({ files: { 'plan.yaml': plan } });
    expect(await run(['rollout', 'start', 'plan.yaml', '--env', 'production', '--url', url], io)).toBe(ExitCode.Usage);
    expect(io.err()).toBe(
      "error: the plan is not valid\n  line 5, segments[1]: there is no segment 'us'\n  line 1, place: no\n",
    );
  });

  it('names line and field of every fault of a plan before asking a server', async () => {
    const io = givenIo({ files: { 'plan.yaml': 'flag: checkout\ncandidate: on\nsteps: [20, 500]\n' } });
    expect(await run(['rollout', 'start', 'plan.yaml', '--env', 'production'], io)).toBe(ExitCode.Usage);
    expect(io.err()).toContain('line 3, steps[1]');
  });
});

describe('the environment', () => {
  it('is the only one there is, and that is said', async () => {
    const io = givenIo();
    expect(await run(['flag', 'list', '--url', await givenEnvironments(['production'])], io)).toBe(ExitCode.Ok);
    expect(io.err()).toBe('environment: production, the only one\n');
  });

  it.each([[['production', 'staging']], [[]]])('must be named when there are %j', async (names) => {
    const io = givenIo();
    expect(await run(['flag', 'list', '--url', await givenEnvironments(names)], io)).toBe(ExitCode.Usage);
    expect(io.err()).toContain('--env');
  });

  it('is the one of the plan, which --env may not contradict', async () => {
    const io = givenIo({ files: { 'plan.yaml': 'flag: checkout\ncandidate: on\nenvironment: staging\n' } });
    expect(await run(['rollout', 'start', 'plan.yaml', '--env', 'production'], io)).toBe(ExitCode.Usage);
    expect(io.err()).toContain("the plan is for 'staging', --env names 'production'");
  });
});

describe('the connection', () => {
  it('comes from the profile, whose token goes to its own address alone', () => {
    const dataDir = mkdtempSync(join(givenTempDir(), 'data-'));
    const env = { HEADGATE_DATA_DIR: dataDir };
    writeProfile(dataDir, { url: 'http://127.0.0.1:7171', token: 'hg_own' });
    expect(connectionOf({}, env)).toEqual({ url: 'http://127.0.0.1:7171', token: 'hg_own' });
    expect(connectionOf({ url: 'https://other.example' }, env).token).toBeUndefined();
    expect(connectionOf({}, { ...env, HEADGATE_TOKEN: 'hg_given' }).token).toBe('hg_given');
    expect(connectionOf({ token: 'hg_said' }, { ...env, HEADGATE_TOKEN: 'hg_given' }).token).toBe('hg_said');
    expect(statSync(join(dataDir, 'connection.json')).mode & 0o777).toBe(0o600);
  });
});
