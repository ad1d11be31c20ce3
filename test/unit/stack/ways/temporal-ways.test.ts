import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporalWays } from '../../../../stack/ways/temporal-ways';
import { firstWay } from '../../../../stack/ways/way';
import type { WaysContext } from '../../../../stack/ways/ways-context';
import { givenMachine, type FakeProgram } from '../../../support/fake-machine';

const SUM = 'h1:0RZMk14BWxz44Xg6ciDQvpfAMffoG3J7/K03ql80teY=';
const says =
  (server: string): FakeProgram =>
  () => ({ stdout: `temporal version 0.0.0-DEV (Server ${server}, UI 2.42.1)\n` });

/** A Go that builds a binary whose recorded module sum is the one given. */
const goWith =
  (sum: string): FakeProgram =>
  (args, { env }) => {
    if (args[0] === 'install') writeFileSync(join(env?.['GOBIN'] ?? '', 'temporal'), 'a binary', { mode: 0o755 });
    if (args[0] !== 'version') return {};
    return {
      stdout: `x: go1.26.8\n\tpath\tgithub.com/temporalio/cli/cmd/temporal\n\tmod\tgithub.com/temporalio/cli\tv1.5.1\t${sum}\n`,
    };
  };

const provide = (context: WaysContext) =>
  firstWay('temporal', temporalWays(context), 'HEADGATE_TEMPORAL_ADDRESS', context.log);

describe("the ways to Temporal's CLI", () => {
  it('takes the one on PATH', async () => {
    const { context, bin } = givenMachine({ temporal: says('1.29.1') });
    expect(await provide(context)).toMatchObject({
      command: join(bin, 'temporal'),
      origin: 'found on PATH (server 1.29.1)',
    });
  });

  it('builds the pinned version when the one on PATH is too old and downloads are blocked', async () => {
    const { context, seen, lines } = givenMachine({
      temporal: says('1.22.0'),
      go: goWith(SUM),
      '(temporal)': says('1.29.1'),
    });
    const program = await provide(context);
    expect(program.origin).toBe('built v1.5.1 from the Go module proxy');
    expect(program.command).toMatch(/cache\/temporal-v1\.5\.1-[^/]+\/temporal$/);
    const install = seen.find(({ args }) => args[0] === 'install');
    expect(install?.args).toEqual(['install', 'github.com/temporalio/cli/cmd/temporal@v1.5.1']);
    // The checksum database is asked as the user's own Go settings say.
    expect(install?.options.env).toEqual({ ...context.env, GOBIN: install?.options.cwd });
    expect(lines[0]).toContain('download not possible (no network)');
  });

  it('takes the cached build the next time, without Go', async () => {
    const { context, seen } = givenMachine({ go: goWith(SUM), '(temporal)': says('1.29.1') });
    await provide(context);
    seen.length = 0;
    const program = await provide({ ...context, env: {} });
    expect(program.origin).toBe('cached, built v1.5.1 from the Go module proxy');
    expect(seen.map(({ args }) => args[0])).toEqual(['--version']);
  });

  it('builds again when the cached binary has been damaged', async () => {
    const { context, seen, lines } = givenMachine({ go: goWith(SUM), '(temporal)': says('1.29.1') });
    const { command } = await provide(context);
    writeFileSync(command, 'a binarz');
    seen.length = 0;
    await provide(context);
    expect(lines).toContainEqual(
      expect.stringMatching(/the cached temporal-v1\.5\.1-\S+ is damaged and will be replaced/),
    );
    expect(seen.some(({ args }) => args[0] === 'install')).toBe(true);
  });

  it('refuses a build whose module sum is not the pinned one and caches nothing', async () => {
    const { context } = givenMachine({ go: goWith('h1:other=') });
    const refused = {
      code: 'STACK_UNAVAILABLE',
      message: expect.stringContaining('but github.com/temporalio/cli v1.5.1 h1:other=') as string,
    };
    await expect(provide(context)).rejects.toMatchObject(refused);
    await expect(provide(context)).rejects.toMatchObject(refused);
  });

  it('names Go and where to get it when it is missing', async () => {
    const { context } = givenMachine({});
    await expect(provide(context)).rejects.toMatchObject({
      message: expect.stringContaining('Go module proxy: go is not installed') as string,
      remedy: expect.stringContaining('https://go.dev/dl') as string,
    });
  });

  it('says what the module proxy said when it gives nothing', async () => {
    const { context } = givenMachine({
      go: () => ({ code: 1, stderr: 'dial tcp: lookup proxy.golang.org: no such host' }),
    });
    await expect(provide(context)).rejects.toThrow(
      'does not give github.com/temporalio/cli@v1.5.1: dial tcp: lookup proxy.golang.org',
    );
  });

  it("downloads with Temporal's own downloader where the host can be reached", async () => {
    const downloader: FakeProgram = (args) => {
      const downloadDir = /"downloadDir":"([^"]+)"/.exec(args[1] ?? '')?.[1] ?? '';
      writeFileSync(join(downloadDir, 'temporal-sdk-typescript-v1.5.1'), 'a binary');
      return {};
    };
    const { context } = givenMachine({ '(node)': downloader, '(temporal)': says('1.29.1') });
    const program = await provide({ ...context, reach: async () => undefined });
    expect(program.origin).toBe('downloaded v1.5.1');
    expect((await provide(context)).origin).toBe('cached, downloaded v1.5.1');
  });
});
