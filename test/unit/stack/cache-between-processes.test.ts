import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { readEntry } from '../../../stack/cache';
import { givenTempDir } from '../../support/temp-dir';

const root = givenTempDir();
const diary = join(root, 'builds');

/** A process that builds the entry, slowly, and notes each build in the diary. */
function givenBuilder(slowMs: number) {
  const script = `
    const { buildEntry } = require(${JSON.stringify(join(__dirname, '../../../stack/cache'))});
    const { appendFileSync, writeFileSync } = require('node:fs');
    buildEntry({ root: ${JSON.stringify(join(root, 'cache'))}, key: 'thing', origin: 'built', log: console.log, build: async (dir) => {
      appendFileSync(${JSON.stringify(diary)}, 'begun\\n');
      console.log('building');
      writeFileSync(dir + '/half', 'x');
      await new Promise((resolve) => setTimeout(resolve, ${slowMs}));
      writeFileSync(dir + '/program', 'whole');
    } }).then(() => console.log('done'));`;
  const args = ['--require', require.resolve('tsx/cjs'), '-e', script];
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
}

describe('the cache between processes', () => {
  it('is filled once by two that start together, also when the first is killed while it builds', async () => {
    const killed = givenBuilder(60_000);
    await once(createInterface({ input: killed.stdout }), 'line');
    const others = [givenBuilder(300), givenBuilder(300)];
    const ends = others.map((other) => once(other, 'exit'));
    for (const { stdout } of others) await once(stdout, 'data');
    killed.kill('SIGKILL');
    expect((await Promise.all(ends)).map(([code]) => code as number)).toEqual([0, 0]);

    expect(readFileSync(diary, 'utf8')).toBe('begun\nbegun\n');
    expect(await readEntry(join(root, 'cache'), 'thing', (line) => appendFileSync(diary, line))).toMatchObject({
      origin: 'built',
    });
    expect(readdirSync(join(root, 'cache'))).toEqual(['thing']);
  });
});
