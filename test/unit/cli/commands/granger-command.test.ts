import { gzipSync } from 'node:zlib';
import { ExitCode } from '../../../../cli/exit-codes';
import { run } from '../../../../cli/run';
import { mulberry32 } from '../../../../ml/random/mulberry32';
import { givenIo } from '../../../support/cli-io';
import { normals } from '../../../support/series-builders';

const noise = normals(mulberry32(2), 300);
const rows = noise
  .slice(0, 100)
  .map((x, t) => [t, x, 0.7 * (noise[t - 1] ?? 0) + (noise[100 + t] as number), noise[200 + t]]);
const csv = `t,x,y,"other, one"\n${rows.map((row) => row.join(',')).join('\n')}\n`;

async function granger(words: string, files: Record<string, string | Buffer> = { 'f.csv': csv }) {
  const io = givenIo({ files });
  const exitCode = await run(['granger', '--data', 'f.csv', ...words.split(' ')], io);
  return { exitCode, io };
}

describe('headgate granger', () => {
  it('prints F, p and degrees of freedom for each lag, Toda-Yamamoto and a verdict, without a server', async () => {
    const { exitCode, io } = await granger('--cause x --effect y --max-lag 2 --json', { 'f.csv': gzipSync(csv) });
    expect(exitCode).toBe(ExitCode.Ok);
    const answer = JSON.parse(io.out()) as Record<string, unknown>;
    expect(answer).toMatchObject({
      verdict: 'causal',
      causal: true,
      observations: 100,
      lags: [
        { lag: 1, testable: true, df: [1, 96], f: expect.any(Number) as number, p: expect.any(Number) as number },
        { lag: 2, testable: true, df: [2, 93] },
      ],
      todaYamamoto: { extraLags: 0, wald: { df: 1, p: expect.any(Number) as number } },
    });
  });

  it('says the same to people', async () => {
    const { io } = await granger('--cause x --effect y --given t --max-lag 2');
    expect(io.out()).toContain('x → y given t: the past of x helps to predict y');
    expect(io.out()).toMatch(/Toda-Yamamoto.*F\(/);
  });

  it('answers "not testable" with a reason and without NaN', async () => {
    const constant = `x,y\n${rows.map(([, x]) => `${x},5`).join('\n')}\n`;
    const { exitCode, io } = await granger('--cause x --effect y --json', { 'f.csv': constant });
    expect(exitCode).toBe(ExitCode.Ok);
    expect(JSON.parse(io.out())).toMatchObject({ verdict: 'not_testable', causal: null, reason: 'constant', p: null });
  });

  it('names the series that does not vary, and says nothing of its order', async () => {
    const constant = `x,y\n${rows.map(([, x]) => `${x},5`).join('\n')}\n`;
    const { io } = await granger('--cause x --effect y', { 'f.csv': constant });
    expect(io.out()).toContain('Not testable: y does not vary.');
    expect(io.out()).toContain('\ny: does not vary');
    expect(io.out()).not.toContain('integrated');
  });

  it('says how many rows there are where they are too few, and how many lack a value', async () => {
    const gaps = `x,y\n${rows.map(([, x], t) => `${x},${t % 2 === 0 ? '' : t}`).join('\n')}\n`;
    const { io } = await granger('--cause x --effect y', { 'f.csv': gaps });
    expect(io.out()).toContain('too few observations: 100, 50 of them with a missing value. A verdict takes 30');
    expect(io.out()).toContain('y: cannot be tested for a unit root');
  });

  it.each([
    ['--cause x --effect nothing', "no column 'nothing'"],
    ['--cause x --effect x', 'named twice'],
    ['--cause x --effect y --max-lag 1.5', 'whole number'],
    ['--cause x --effect y --max-lag 0', 'from 1 to 100'],
    ['--cause x', '--effect'],
  ])('refuses %s', async (words, message) => {
    const { exitCode, io } = await granger(words);
    expect(exitCode).toBe(ExitCode.Usage);
    expect(io.err()).toContain(message);
  });

  it('names line and column of a cell that is no number', async () => {
    const { exitCode, io } = await granger('--cause x --effect y', { 'f.csv': csv.replace(/\n3,[^,]*/, '\n3,oops') });
    expect(exitCode).toBe(ExitCode.Usage);
    expect(io.err()).toContain("line 5 of 'f.csv', column 'x': 'oops'");
  });
});
