import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { ExitCode } from '../../../../cli/exit-codes';
import { processIo, type Io } from '../../../../cli/io';
import { run } from '../../../../cli/run';
import { givenIo } from '../../../support/cli-io';
import { givenTempDir } from '../../../support/temp-dir';

type Row = Record<string, unknown>;

const FIELDS = ['trace_id', 'minute', 'variant', 'weight', 'requests', 'errors', 'hist', 'lat_p50_ms', 'cells'];
const files = processIo();
const folder = givenTempDir();
let written = 0;

/** Minutes of a healthy trace. */
function healthyRows(minutes: number, traces: number): Row[] {
  return Array.from({ length: traces }, (_, trace) =>
    Array.from({ length: minutes }, (__, minute) =>
      ['control', 'canary'].map((variant) => ({
        trace_id: `t${trace}`,
        minute,
        variant,
        weight: 0.5,
        requests: 100,
        errors: 1,
        hist: { schema: 3, offset: 50, counts: [60, 40] },
      })),
    ).flat(),
  ).flat();
}

/** Values that do not belong into a field, or just about. */
const odd = fc.oneof(
  fc.constantFrom<unknown>(null, '', 'NaN', '1e400', -1, 1e308, 1e15, 0.5, 0, true, [], {}, 'canary', '12abc', ' 7 '),
  fc.double(),
  fc.jsonValue({ maxDepth: 2 }),
);

/** One thing that is wrong with a recording. */
const mishap = fc.oneof(
  fc.record({ at: fc.nat(), field: fc.constantFrom(...FIELDS), value: odd }).map(({ at, field, value }) => {
    return (rows: Row[]): Row[] =>
      rows.map((row, index) => (index === at % rows.length ? { ...row, [field]: value } : row));
  }),
  fc.record({ at: fc.nat(), field: fc.constantFrom(...FIELDS) }).map(({ at, field }) => {
    return (rows: Row[]): Row[] =>
      rows.map((row, index) =>
        index === at % rows.length ? Object.fromEntries(Object.entries(row).filter(([name]) => name !== field)) : row,
      );
  }),
  fc.nat().map((at) => (rows: Row[]) => [...rows, rows[at % rows.length] as Row]),
  fc.nat().map((at) => (rows: Row[]) => [...rows.slice(at % rows.length), ...rows.slice(0, at % rows.length)]),
  fc.constant((rows: Row[]) => rows.filter(({ variant }) => variant === 'control')),
  fc.constant((rows: Row[]) => rows.map((row) => ({ ...row, requests: 0, errors: 0, hist: null }))),
);

const recording = fc.record({
  minutes: fc.integer({ min: 1, max: 8 }),
  traces: fc.integer({ min: 1, max: 3 }),
  mishaps: fc.array(mishap, { minLength: 1, maxLength: 3 }),
  format: fc.constantFrom('jsonl' as const, 'csv' as const),
  end: fc.constantFrom('\n', '\r\n', 'mixed'),
  hasMark: fc.boolean(),
  packed: fc.constantFrom('no', 'gzip', 'cut'),
  junk: fc.option(fc.string({ maxLength: 20 }), { freq: 1 }),
});

const csvCell = (value: unknown): string => {
  if (value == null) return '';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

function toLines(rows: readonly Row[], format: 'jsonl' | 'csv'): string[] {
  if (format === 'jsonl') return rows.map((row) => JSON.stringify(row));
  const columns = ['trace_id', 'minute', 'variant', 'weight', 'requests', 'errors', 'lat_p50_ms'];
  return [columns.join(','), ...rows.map((row) => columns.map((column) => csvCell(row[column])).join(','))];
}

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function whenBacktested(data: string): Promise<Ended> {
  const fake = givenIo();
  const io: Io = { ...fake, readText: files.readText, readStream: files.readStream };
  const code = await run(['backtest', '--data', data], io);
  return { code, out: fake.out(), err: fake.err() };
}

/** What a refusal is about: the file as a whole, a line that is no record, a column that is not there, or a field of a line. */
const ABOUT_FILE = /is broken gzip|the recording holds no line|is empty|has two columns named '/;
const ABOUT_LINE = /line \d+ of '[^']+' (?:is not JSON|is not CSV)|line \d+ of '[^']+': is not a JSON object/;
const ABOUT_COLUMNS = /line 1 of '[^']+' has no ([\w., ]+)|the recording has no columns for any metric/;
const ABOUT_FIELD = /line \d+ of '[^']+', (?:column ')?(\w+)/;

/**
 * What is wrong with how a recording was refused; null when the error names what is wrong and what to do.
 *
 * @param spoiled - the fields that are not as they were, one of which must be named; null when anything may be wrong
 */
function troubleOfRefusal(err: string, spoiled: ReadonlySet<string> | null): string | null {
  if (err.trim().split('\n').length < 2) return `no remedy: ${err}`;
  if (ABOUT_FILE.test(err) || ABOUT_LINE.test(err) || ABOUT_COLUMNS.test(err)) return null;
  const field = ABOUT_FIELD.exec(err)?.[1];
  if (field === undefined || !FIELDS.includes(field)) return `names no field: ${err}`;
  return spoiled === null || spoiled.has(field) ? null : `blames ${field}, which is as it was: ${err}`;
}

/** Fields that differ from those of a healthy recording in any row. */
function spoiledFields(rows: readonly Row[]): Set<string> {
  const [healthy] = healthyRows(1, 1);
  return new Set(
    FIELDS.filter((field) =>
      rows.some((row) => {
        if (field === 'trace_id') return typeof row[field] !== 'string' || !/^t\d$/.test(row[field]);
        if (field === 'minute') return !Number.isInteger(row[field]) || (row[field] as number) > 7;
        if (field === 'variant') return row[field] !== 'control' && row[field] !== 'canary';
        return JSON.stringify(row[field]) !== JSON.stringify(healthy?.[field]);
      }),
    ),
  );
}

/** What is wrong with how a backtest ended; null when it ended as promised. */
function troubleOf(
  { code, out, err }: Ended,
  { isCut, traces, spoiled }: { isCut: boolean; traces: number; spoiled: ReadonlySet<string> | null },
): string | null {
  const thrown = /^\s+at .*:\d+:\d+|TypeError|RangeError|ReferenceError/m.exec(`${out}${err}`);
  if (thrown !== null) return `a stack trace: ${err}`;
  if (code !== ExitCode.Ok) return troubleOfRefusal(err, spoiled);
  if (isCut) return 'a cut file was judged';
  const decisions = out.split('\n').filter((line) => line.startsWith('{"trace_id"')).length;
  return decisions === traces ? null : `${decisions} decisions on ${traces} traces`;
}

describe('headgate backtest on broken recordings', () => {
  it('ends in an error that names what is wrong, or in one decision for each trace', async () => {
    const property = fc.asyncProperty(
      recording,
      async ({ minutes, traces, mishaps, format, end, hasMark, packed, junk }) => {
        const rows = mishaps.reduce((before, change) => change(before), healthyRows(minutes, traces));
        const lines = toLines(rows, format);
        if (junk !== null) lines.splice(Math.min(2, lines.length), 0, junk);
        const text =
          (hasMark ? '\uFEFF' : '') +
          lines.map((line, index) => line + (end === 'mixed' ? (index % 2 === 0 ? '\n' : '\r\n') : end)).join('');
        const bytes = packed === 'no' ? Buffer.from(text) : gzipSync(text);
        const path = join(folder, `${written++}.${format}`);
        writeFileSync(path, packed === 'cut' ? bytes.subarray(0, Math.floor(bytes.length * 0.7)) : bytes);
        const ids = new Set(rows.map(({ trace_id: id }) => String(id).trim()));
        const spoiled = junk === null ? spoiledFields(rows) : null;
        const given = { isCut: packed === 'cut', traces: ids.size, spoiled };
        expect(troubleOf(await whenBacktested(path), given)).toBeNull();
      },
    );
    await fc.assert(property, { seed: 9107, numRuns: Number(process.env['FUZZ_RUNS'] ?? 150) });
  }, 120_000);
});
