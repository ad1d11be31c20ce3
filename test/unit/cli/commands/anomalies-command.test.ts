import { gzipSync } from 'node:zlib';
import { ExitCode } from '../../../../cli/exit-codes';
import { instantOf } from '../../../../cli/offline/read-series';
import { run } from '../../../../cli/run';
import { givenIo } from '../../../support/cli-io';

const csv = [
  'timestamp,value',
  ...Array.from({ length: 800 }, (_, i) => {
    const at = new Date(Date.UTC(2026, 0, 1) + i * 300_000).toISOString().slice(0, 19).replace('T', ' ');
    return `${at},${i === 100 ? '' : (i >= 700 ? 90 : 10) + (i % 5)}`;
  }),
].join('\n');

interface Answer {
  points: number;
  missing: number;
  alarms: number;
  rows: {
    timestamp: string;
    value: number | null;
    score: number;
    severity: number;
    persistence: number;
    alarm: boolean;
  }[];
}

describe('headgate anomalies', () => {
  it('scores every row of a compressed file', async () => {
    const io = givenIo({ files: { 'x.csv.gz': gzipSync(csv) } });
    expect(await run(['anomalies', '--data', 'x.csv.gz', '--json'], io)).toBe(ExitCode.Ok);
    const answer = JSON.parse(io.out()) as Answer;
    expect(answer).toMatchObject({ points: 800, missing: 1 });
    expect(answer.rows[100]).toMatchObject({ timestamp: '2026-01-01 08:20:00', value: null, score: 0, alarm: false });
    expect(answer.rows.every(({ score }) => score >= 0 && score <= 1)).toBe(true);
    expect(answer.rows.slice(700, 703).some(({ alarm }) => alarm)).toBe(true);
    expect(answer.alarms).toBe(answer.rows.filter(({ alarm }) => alarm).length);
  });

  it('lists the alarms for people, and takes other columns and thresholds', async () => {
    const io = givenIo({ files: { 'x.csv': csv.replace('timestamp,value', 'when,load') } });
    expect(await run(['anomalies', '--data', 'x.csv', '--time', 'when', '--value', 'load'], io)).toBe(ExitCode.Ok);
    expect(io.out()).toMatch(/alarms? in 800 points \(1 of them without a value\), at a score of 0\.2 or more/);
    expect(io.out()).toContain('2026-01-03 10:2');
    const strict = givenIo({ files: { 'x.csv': csv } });
    expect(await run(['anomalies', '--data', 'x.csv', '--threshold', '1'], strict)).toBe(ExitCode.Ok);
    expect(strict.out()).toContain('no alarms in 800 points');
  });

  it('names the line of an instant that it cannot read', async () => {
    const io = givenIo({ files: { 'x.csv': 'timestamp,value\n2026-01-01,1\nyesterday,2\n' } });
    expect(await run(['anomalies', '--data', 'x.csv'], io)).toBe(ExitCode.Usage);
    expect(io.err()).toContain("line 3 of 'x.csv', column 'timestamp': 'yesterday' is no instant");
  });

  it.each(['2026-02-31', '2026-02-29 12:00:00', '2026-04-31T12:00:00Z', '2026-13-01', '2026-01-00'])(
    'refuses %s, a day that does not exist',
    async (day) => {
      const io = givenIo({ files: { 'x.csv': `timestamp,value\n2026-01-01,1\n${day},2\n` } });
      expect(await run(['anomalies', '--data', 'x.csv'], io)).toBe(ExitCode.Usage);
      expect(io.err()).toContain(`line 3 of 'x.csv', column 'timestamp': '${day}' is no instant`);
      expect(io.err()).toContain('a day that exists');
      expect(instantOf('2024-02-29')).toBe(Date.UTC(2024, 1, 29));
    },
  );

  it('tells of values that are missing, and of rows out of order', async () => {
    const io = givenIo({ files: { 'x.csv': 'timestamp,value\n2026-01-02,1\n2026-01-01,\n2026-01-03,2\n' } });
    expect(await run(['anomalies', '--data', 'x.csv'], io)).toBe(ExitCode.Ok);
    expect(io.out()).toContain('no alarms in 3 points (1 of them without a value)');
    expect(io.err()).toContain('1 row earlier than the one before');
  });

  it('refuses a file without rows', async () => {
    const io = givenIo({ files: { 'x.csv': 'timestamp,value\n' } });
    expect(await run(['anomalies', '--data', 'x.csv'], io)).toBe(ExitCode.Usage);
  });

  it.each([
    ['2026-01-31 12:00:00', '2026-01-31T12:00:00Z'],
    ['2026-01-31T12:00:00.123456+02:00', '2026-01-31T10:00:00.123Z'],
    ['2026-01-31', '2026-01-31T00:00:00Z'],
    ['1769860800', '2026-01-31T12:00:00Z'],
    ['1769860800000', '2026-01-31T12:00:00Z'],
  ])('reads the instant %s', (text, iso) => {
    expect(instantOf(text)).toBe(Date.parse(iso));
  });
});
