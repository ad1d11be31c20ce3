import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ExitCode } from '../../../cli/exit-codes';
import { run } from '../../../cli/run';
import { givenIo } from '../../support/cli-io';

const documentation = readFileSync(join(__dirname, '../../../docs/cli.md'), 'utf8');

describe('docs/cli.md', () => {
  it('documents the commands that headgate --help lists, and no others', async () => {
    const io = givenIo();
    expect(await run(['--help'], io)).toBe(ExitCode.Ok);
    const listed = [...io.out().matchAll(/^ {2}((?:[a-z][a-z-]* )?[a-z][a-z-]*)(?: [<[][a-z]+[>\]])* {2,}/gm)].map(
      ([, path]) => path,
    );
    const documented = [...documentation.matchAll(/^\| `headgate ([a-z -]+?)(?: [A-Z-].*)?` \|/gm)].map(([, path]) =>
      path?.replace(/ -.*/, ''),
    );
    expect(listed.length).toBeGreaterThan(20);
    expect([...new Set(documented)].sort()).toEqual([...listed].sort());
  });

  it('lists every exit code with its number', () => {
    const rows = [...documentation.matchAll(/^\| (\d+) \| (\w+) \|/gm)].map(([, code, name]) => [name, Number(code)]);
    expect(Object.fromEntries(rows)).toEqual(ExitCode);
    expect(new Set(Object.values(ExitCode)).size).toBe(Object.keys(ExitCode).length);
  });

  it('documents every option that all commands take', async () => {
    const io = givenIo();
    await run(['--help'], io);
    const options = [...io.out().matchAll(/^ {2}(--[a-z-]+)/gm)].map(([, option]) => option ?? '');
    expect(options).toContain('--timeout');
    for (const option of options) expect(documentation).toContain(`| \`${option}`);
  });
});
