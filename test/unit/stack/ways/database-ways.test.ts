import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mongodWays } from '../../../../stack/ways/mongod-ways';
import { standinWays, verifyJars } from '../../../../stack/ways/standin-ways';
import { sha256Of } from '../../../../stack/cache';
import { givenMachine, type FakeProgram } from '../../../support/fake-machine';
import { givenTempDir } from '../../../support/temp-dir';

const jdk: FakeProgram = () => ({ stderr: 'openjdk version "17.0.15" 2025-04-15' });
const javac: FakeProgram = () => ({ stdout: 'javac 17.0.15' });

describe('the ways to a real mongod', () => {
  it('takes the one on PATH', async () => {
    const { context } = givenMachine({ mongod: () => ({ stdout: 'db version v8.0.4\nBuild Info: {}' }) });
    expect(await mongodWays(context).installed.attempt()).toMatchObject({
      taken: { engine: 'mongod', origin: 'mongod 8.0.4 found on PATH' },
    });
  });

  it('passes over one that is too old, with its remedy', async () => {
    const { context } = givenMachine({ mongod: () => ({ stdout: 'db version v4.4.0' }) });
    expect(await mongodWays(context).installed.attempt()).toMatchObject({
      declined: expect.stringContaining('is 4.4.0, older than 6') as string,
      remedy: 'Update mongod to 8.2.6.',
    });
  });

  it('does not begin a download from a host that cannot be reached', async () => {
    const { context, seen } = givenMachine({});
    expect(await mongodWays(context).download.attempt()).toEqual({ declined: 'no network' });
    expect(seen).toEqual([]);
  });

  it('keeps a download that runs here', async () => {
    const downloader: FakeProgram = (args) => {
      const downloadDir = /downloadDir: "([^"]+)"/.exec(args[1] ?? '')?.[1] ?? '';
      writeFileSync(join(downloadDir, 'mongod-8.2.6'), 'a binary');
      return { stdout: `some progress\n${join(downloadDir, 'mongod-8.2.6')}\n` };
    };
    const { context } = givenMachine({ '(node)': downloader, '(mongod)': () => ({ stdout: 'db version v8.2.6' }) });
    const ways = mongodWays({ ...context, reach: async () => undefined });
    expect(await ways.download.attempt()).toMatchObject({ taken: { origin: 'mongod 8.2.6 downloaded' } });
    expect(await ways.cached.attempt()).toMatchObject({ taken: { origin: 'mongod 8.2.6, cached' } });
  });
});

describe('the ways to the stand-in', () => {
  it.each([
    ['java', {}, 'openjdk'],
    ['javac', { java: jdk }, 'openjdk'],
    ['mvn', { java: jdk, javac }, 'apt-get install maven'],
  ])('names %s and its remedy when it is missing', async (tool, programs: Record<string, FakeProgram>, remedy) => {
    const { context } = givenMachine(programs);
    expect(await standinWays(context).build.attempt()).toEqual({
      declined: `${tool} is not installed`,
      remedy: expect.stringContaining(remedy) as string,
    });
  });

  it('declines a Java that is too old', async () => {
    const { context } = givenMachine({ java: () => ({ stderr: 'openjdk version "11.0.2"' }) });
    expect(await standinWays(context).build.attempt()).toMatchObject({
      declined: expect.stringContaining('version 11') as string,
    });
  });

  it('has Maven check what it fetches, and gives up in good time', async () => {
    const { context, seen } = givenMachine({
      java: jdk,
      javac,
      mvn: () => ({ code: 1, stderr: 'Could not transfer artifact' }),
    });
    await expect(standinWays(context).build.attempt()).rejects.toThrow('mvn failed: Could not transfer artifact');
    const maven = seen.find(({ command }) => command.endsWith('/mvn'));
    expect(maven?.args).toEqual(expect.arrayContaining(['-C', '-B', 'process-classes']));
    expect(maven?.options.timeoutMs).toBeLessThanOrEqual(5 * 60_000);
  });

  it('keeps nothing of a build whose jars are not the pinned ones', async () => {
    const mvn: FakeProgram = (_, { cwd = '' }) => {
      mkdirSync(join(cwd, 'target', 'lib'), { recursive: true });
      mkdirSync(join(cwd, 'target', 'classes'), { recursive: true });
      for (const line of readFileSync(join(cwd, 'jars.sha256'), 'utf8').trim().split('\n')) {
        writeFileSync(join(cwd, 'target', 'lib', line.split(/\s+/)[1] ?? ''), 'not what it says');
      }
      return {};
    };
    const { context } = givenMachine({ java: jdk, javac, mvn });
    await expect(standinWays(context).build.attempt()).rejects.toThrow(/h2-.*\.jar is sha256 .*, pinned is /);
    expect(await standinWays(context).cached.attempt()).toEqual({ declined: 'nothing usable in it' });
  });
});

describe('the pinned list of jars', () => {
  const givenJars = async (names: readonly string[]) => {
    const dir = givenTempDir();
    mkdirSync(join(dir, 'lib'));
    const lines: string[] = [];
    for (const name of names) {
      writeFileSync(join(dir, 'lib', name), name);
      lines.push(`${await sha256Of(join(dir, 'lib', name))}  ${name}`);
    }
    writeFileSync(join(dir, 'list'), `${lines.join('\n')}\n`);
    return { lib: join(dir, 'lib'), list: join(dir, 'list') };
  };

  it('accepts exactly its jars', async () => {
    const { lib, list } = await givenJars(['a.jar', 'b.jar']);
    await expect(verifyJars(lib, list)).resolves.toBeUndefined();
  });

  it('refuses one jar more', async () => {
    const { lib, list } = await givenJars(['a.jar']);
    writeFileSync(join(lib, 'extra.jar'), 'x');
    await expect(verifyJars(lib, list)).rejects.toThrow(/extra\.jar is sha256 .*, pinned is nothing of this name/);
  });

  it('refuses one jar less', async () => {
    const { lib, list } = await givenJars(['a.jar']);
    writeFileSync(list, `${readFileSync(list, 'utf8')}${'0'.repeat(64)}  gone.jar\n`);
    await expect(verifyJars(lib, list)).rejects.toThrow('gone.jar is missing');
  });
});
