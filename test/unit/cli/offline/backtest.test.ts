import { mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { ExitCode } from '../../../../cli/exit-codes';
import { processIo, type Io } from '../../../../cli/io';
import { openSink } from '../../../../cli/offline/line-sink';
import { run } from '../../../../cli/run';
import { givenIo } from '../../../support/cli-io';
import { givenTempDir } from '../../../support/temp-dir';

interface Decision {
  readonly trace_id: string;
  readonly rollback_minute: number | null;
  readonly looks: number;
  readonly bad_requests: number;
  readonly quality: Record<string, number>;
}

const MINUTES = 40;
const files = processIo();

/** Lines of a trace: 10,000 requests a minute, a fifth to the canary, and a given share of errors in it. */
function lines(
  id: string,
  canaryErrors: number,
  skip: (minute: number, variant: string) => boolean = () => false,
): string[] {
  return Array.from({ length: MINUTES }, (_, minute) => minute).flatMap((minute) =>
    ['control', 'canary'].flatMap((variant) => {
      if (skip(minute, variant)) return [];
      const requests = (variant === 'canary' ? 2000 : 8000) + ((minute * 37) % 100);
      const errors = Math.round(requests * (variant === 'canary' ? canaryErrors : 0.01)) + (minute % 3);
      const hist = { schema: 3, offset: 50, counts: [requests / 2, requests / 2].map(Math.round) };
      return [JSON.stringify({ trace_id: id, minute, variant, weight: 0.2, requests, errors, hist })];
    }),
  );
}

/** The same as CSV, with points instead of the histogram. */
function csv(jsonl: readonly string[]): string {
  const rows = jsonl.map((line) => {
    const { trace_id: id, minute, variant, weight, requests, errors } = JSON.parse(line) as Record<string, string>;
    return [id, minute, variant, weight, requests, errors, 78, 78, 80, 82].join(',');
  });
  return [
    'trace_id,minute,variant,weight,requests,errors,lat_mean_ms,lat_p50_ms,lat_p95_ms,lat_p99_ms',
    ...rows,
    '',
  ].join('\n');
}

async function whenBacktested(data: string, ...words: string[]) {
  const fake = givenIo();
  const io: Io = { ...fake, readText: files.readText, readStream: files.readStream };
  const code = await run(['backtest', '--data', data, ...words], io);
  const decisions = fake
    .out()
    .split('\n')
    .filter((line) => line.startsWith('{"trace_id"'));
  return { code, err: fake.err(), out: fake.out(), decisions: decisions.map((line) => JSON.parse(line) as Decision) };
}

function givenFile(name: string, content: string | Buffer): string {
  const path = join(givenTempDir(), name);
  writeFileSync(path, content);
  return path;
}

describe('headgate backtest', () => {
  it('rolls back what fails five times as often and nothing else, alike from JSONL, CSV and gzip', async () => {
    const rows = [...lines('good', 0.01), ...lines('bad', 0.05)];
    const text = `${rows.join('\n')}\n`;
    for (const path of [
      givenFile('t.jsonl', text),
      givenFile('t.jsonl.gz', gzipSync(text)),
      givenFile('t.csv', csv(rows)),
      givenFile('t.csv.gz', gzipSync(csv(rows))),
    ]) {
      const { code, decisions } = await whenBacktested(path);
      expect(code).toBe(ExitCode.Ok);
      const [good, bad] = decisions;
      expect(good).toMatchObject({ trace_id: 'good', rollback_minute: null, looks: MINUTES });
      expect(bad?.trace_id).toBe('bad');
      expect(bad?.rollback_minute).toBeGreaterThanOrEqual(2);
      expect(bad?.rollback_minute).toBeLessThan(15);
      expect(bad?.looks).toBe((bad?.rollback_minute ?? 0) + 1);
    }
  });

  it('decides without what comes after the decision', async () => {
    const whole = lines('bad', 0.05);
    const { decisions } = await whenBacktested(givenFile('whole.jsonl', whole.join('\n')));
    const minute = decisions[0]?.rollback_minute ?? 0;
    const until = whole.slice(0, 2 * (minute + 1));
    const cut = await whenBacktested(givenFile('cut.jsonl', until.join('\n')));
    expect(cut.decisions[0]?.rollback_minute).toBe(minute);
    const shorter = await whenBacktested(givenFile('shorter.jsonl', until.slice(0, -2).join('\n')));
    expect(shorter.decisions[0]?.rollback_minute).toBeNull();
  });

  it('decides alike when lines are shuffled, blank, repeated, or traces are mixed', async () => {
    const rows = [...lines('good', 0.01), ...lines('bad', 0.05)];
    const plain = await whenBacktested(givenFile('plain.jsonl', rows.join('\n')));
    const mixed = rows
      .filter((_, index) => index % 2 === 0)
      .concat(rows.filter((_, index) => index % 2 === 1).reverse());
    const text = [...mixed.slice(0, 50), '', '  ', mixed[3], ...mixed.slice(50)].join('\r\n');
    const shuffled = await whenBacktested(givenFile('mixed.jsonl', text));
    expect(shuffled.decisions.map(({ rollback_minute: minute }) => minute)).toEqual(
      plain.decisions.map(({ rollback_minute: minute }) => minute),
    );
    expect(shuffled.decisions.map(({ quality }) => quality['duplicates'])).toEqual([1, 0]);
  });

  it('goes on over lost minutes and arms, and counts them', async () => {
    const lost = (minute: number, variant: string): boolean => minute === 5 || (minute === 7 && variant === 'canary');
    const { decisions } = await whenBacktested(givenFile('lost.jsonl', lines('good', 0.01, lost).join('\n')));
    expect(decisions[0]).toMatchObject({ rollback_minute: null, looks: MINUTES });
    expect(decisions[0]?.quality).toEqual({ missingMinutes: 1, missingArms: 1, duplicates: 0, oddLines: 0 });
  });

  it('takes a folder, each recording once and no labels', async () => {
    const folder = join(givenTempDir(), 'recording');
    mkdirSync(folder);
    writeFileSync(join(folder, 'a.jsonl'), lines('a', 0.01).join('\n'));
    writeFileSync(join(folder, 'a.csv'), csv(lines('a', 0.01)));
    writeFileSync(join(folder, 'b.csv.gz'), gzipSync(csv(lines('b', 0.01))));
    writeFileSync(join(folder, 'labels.jsonl'), '{"trace_id":"a","label":"good"}\n');
    const { decisions } = await whenBacktested(folder);
    expect(decisions.map(({ trace_id: id }) => id)).toEqual(['a', 'b']);
  });

  it('writes the file whole or not at all', async () => {
    const folder = givenTempDir();
    const out = join(folder, 'decisions.jsonl');
    const good = givenFile('good.jsonl', lines('good', 0.01).join('\n'));
    expect((await whenBacktested(good, '--out', out)).code).toBe(ExitCode.Ok);
    expect(readFileSync(out, 'utf8').trim().split('\n')).toHaveLength(1);
    const broken = givenFile(
      'broken.jsonl',
      [...lines('good', 0.01), ...lines('next', 0.01), '{"trace_id":'].join('\n'),
    );
    const other = join(folder, 'other.jsonl');
    const { code, err } = await whenBacktested(broken, '--out', other);
    expect(code).toBe(ExitCode.Usage);
    expect(err).toContain(`line ${4 * MINUTES + 1} of '${broken}' is not JSON`);
    expect(readdirSync(folder)).toEqual(['decisions.jsonl']);
  });

  it('leaves nothing behind when it is interrupted', async () => {
    const kill = jest.spyOn(process, 'kill').mockReturnValue(true);
    const folder = givenTempDir();
    const fake = givenIo();
    const sink = await openSink(fake, join(folder, 'decisions.jsonl'));
    await sink.write('{}');
    expect(readdirSync(folder)).toHaveLength(1);
    fake.signal('SIGINT');
    expect(readdirSync(folder)).toEqual([]);
    // The signal ends the process as if nobody had listened.
    expect(kill.mock.calls).toEqual([[process.pid, 'SIGINT']]);
    kill.mockRestore();
    await sink.discard();
  });

  it('refuses a folder, a place that is not there, and its own recording, before it judges anything', async () => {
    const data = givenFile('t.jsonl', lines('x', 0.01).join('\n'));
    const folder = givenTempDir();
    const refused = async (out: string) => {
      const { code, err } = await whenBacktested(data, '--out', out);
      expect(code).toBe(ExitCode.Usage);
      return err;
    };
    expect(await refused(folder)).toMatch(/cannot be written: it is a folder\nName a file/);
    expect(await refused(join(folder, 'none', 'x'))).toMatch(/Make the folder/);
    const link = join(folder, 'link.jsonl');
    symlinkSync(data, link);
    expect(await refused(link)).toMatch(/which is read/);
    expect(readFileSync(data, 'utf8')).toBe(lines('x', 0.01).join('\n'));
    expect(readdirSync(folder)).toEqual(['link.jsonl']);
  });

  it('reads CSV and JSONL from standard input', async () => {
    const rows = lines('x', 0.01);
    for (const content of [rows.join('\n'), `\uFEFF\n${rows.join('\n')}`, csv(rows), gzipSync(csv(rows))]) {
      const io = givenIo({ files: { '-': content } });
      expect(await run(['backtest', '--data', '-'], io)).toBe(ExitCode.Ok);
      expect(io.err()).toContain('1 trace, 40 looks');
    }
  });

  it.each([
    ['t.csv', 'trace_id,minute,variant\nx,0,control\n', /no columns for any metric/],
    ['t.csv', 'when,what\n1,2\n', /has no trace_id, minute, variant/],
    [
      't.csv',
      csv(lines('x', 0.01)).replace('x,0,canary,0.2', 'x,0,canary,a lot'),
      /line 3 of .*column 'weight': 'a lot'/,
    ],
    ['t.jsonl', lines('x', 0.01).join('\n').replace('"canary"', '"blue"'), /line 2 of .*, variant: is 'blue'/],
    ['t.jsonl', '', /holds no line/],
    ['t.jsonl.gz', gzipSync(lines('x', 0.01).join('\n')).subarray(0, 200), /broken gzip/],
  ])('refuses %s with what is wrong in it', async (name, content, message) => {
    const { code, err, decisions } = await whenBacktested(givenFile(name, content));
    expect(code).toBe(ExitCode.Usage);
    expect(err).toMatch(message);
    expect(decisions).toEqual([]);
  });

  it("refuses a plan's metric that the recording has no columns for, and leaves out those of its own plan", async () => {
    const bare = lines('x', 0.01).map((line) => line.replace(/,"hist".*$/, '}'));
    const path = givenFile('bare.jsonl', bare.join('\n'));
    const plan = givenFile(
      'plan.yaml',
      'flag: f\ncandidate: c\nmetrics: [{ name: slow, kind: slower_than, threshold: 500ms }]\n',
    );
    const refused = await whenBacktested(path, '--plan', plan);
    expect(refused.err).toMatch(/no hist, or one of lat_mean_ms.* for the metric 'slow'/);
    const own = await whenBacktested(path);
    expect(own.err).toMatch(/no columns for: .*latency/);
    expect(own.decisions).toHaveLength(1);
  });
});
