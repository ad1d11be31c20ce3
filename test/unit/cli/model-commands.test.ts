import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { ExitCode } from '../../../cli/exit-codes';
import { run } from '../../../cli/run';
import { givenChanges } from '../../support/change-rows';
import { givenIo, type FakeIo } from '../../support/cli-io';
import { givenTempDir } from '../../support/temp-dir';

interface Document {
  readonly rows: number;
  readonly auc: number | null;
  readonly prAuc: number | null;
  readonly brier: number;
  readonly ece: number;
  readonly seconds: number;
  readonly model: string;
  readonly features: readonly string[];
  readonly leftOut: readonly { column: string; why: string }[];
  readonly holdout: Document | null;
  readonly remarks: readonly string[];
}

const folder = mkdtempSync(join(tmpdir(), 'headgate-model-'));
const out = join(folder, 'm.json');
afterAll(() => rmSync(folder, { recursive: true }));

/** A CSV of changes with what real ones have: ids, messages, booleans, empty cells. */
function givenCsv(rows: number, label: (row: number, label: number) => string = (_, each) => String(each)): string {
  const { table, labels, times } = givenChanges(rows);
  const lines = ['commit_id,message,size,skill,noise,gaps,fix,same,bugcount,date,bug'];
  for (let row = 0; row < rows; row++) {
    const cells = table.columns.map((column) => (Number.isNaN(column[row]) ? '' : String(column[row])));
    const fix = row % 3 === 0 ? 'True' : 'False';
    const date = new Date(times[row] as number).toISOString();
    lines.push(
      `c${row},"adds, and mends",${cells.join(',')},${fix},7,${labels[row] ?? 0},${date},${label(row, labels[row] ?? 0)}`,
    );
  }
  return `${lines.join('\n')}\n`;
}

async function headgate(io: FakeIo, words: string): Promise<ExitCode> {
  return run(words.split(' '), io);
}

const TRAIN = `model train --data d.csv --label bug --time date --out ${out}`;
const EVALUATE = `model evaluate --model m.json --data d.csv --label bug --time date --json`;

/** Evaluates the model that was last written. */
async function evaluate(csv: string, words = EVALUATE): Promise<Document> {
  const io = givenIo({ files: { 'd.csv': csv, 'm.json': readFileSync(out) } });
  expect(await headgate(io, words)).toBe(ExitCode.Ok);
  return JSON.parse(io.out()) as Document;
}

async function train(csv: string | Buffer, more = ''): Promise<Document> {
  const io = givenIo({ files: { 'd.csv': csv } });
  expect(await headgate(io, `${TRAIN} --json${more}`)).toBe(ExitCode.Ok);
  return JSON.parse(io.out()) as Document;
}

describe('headgate model', () => {
  it('trains on what was known before, says what it leaves out and why, and measures the holdout', async () => {
    const told = await train(gzipSync(givenCsv(1200)));
    expect(told.features).toEqual(['size', 'skill', 'noise', 'gaps', 'fix', 'hoursSincePrevious']);
    expect(told.leftOut.map(({ column }) => column)).toEqual(['commit_id', 'message', 'same', 'bugcount']);
    expect(told).toMatchObject({ model: 'auto', holdout: { rows: 240 } });
    expect(told.holdout?.auc).toBeGreaterThan(0.6);
  });

  it('evaluates the last fifth to the figures of the holdout', async () => {
    const csv = givenCsv(1200);
    const told = await train(csv, ' --model forest');
    const measured = await evaluate(csv, `${EVALUATE} --last 0.2`);
    const { rows, auc, prAuc, brier, ece } = measured;
    expect({ rows, auc, prAuc, brier, ece }).toMatchObject({
      rows: 240,
      auc: told.holdout?.auc,
      ece: told.holdout?.ece,
    });
    expect([prAuc, brier, measured.seconds].every((figure) => typeof figure === 'number')).toBe(true);
  });

  it('writes the same bytes for a seed, and others for another', async () => {
    const csv = givenCsv(400);
    const bytes = async (seed: number): Promise<string> => {
      await train(csv, ` --model boosting --seed ${seed}`);
      return readFileSync(out, 'utf8');
    };
    const first = await bytes(4);
    expect(await bytes(4)).toBe(first);
    expect(await bytes(5)).not.toBe(first);
  });

  it('says when rows measured on are no later than training', async () => {
    const csv = givenCsv(400);
    await train(csv, ' --model logistic --holdout 0');
    expect((await evaluate(csv)).remarks.join()).toContain('80 of the rows are no later');
  });

  it('answers where a figure has no meaning', async () => {
    const csv = givenCsv(400, (row, label) => (row < 320 ? String(label) : '0'));
    const told = await train(csv, ' --model logistic');
    expect(told.holdout).toMatchObject({ rows: 80, auc: null, prAuc: null });
    expect(told.remarks.join()).toContain('no AUC of one class');
  });

  it('answers the base rate from too few rows', async () => {
    const told = await train(givenCsv(12));
    expect(told.model).toBe('prior');
    expect(told.remarks.join()).toContain('too few to learn from');
  });

  it('takes the columns that are named, and refuses others', async () => {
    const csv = givenCsv(300);
    expect((await train(csv, ' --model logistic --features size,skill')).features).toEqual(['size', 'skill']);
    for (const [name, fault] of [
      ['nothing', 'does not have'],
      ['message', 'holds text'],
    ] as const) {
      const io = givenIo({ files: { 'd.csv': csv } });
      expect(await headgate(io, `${TRAIN} --features ${name}`)).toBe(ExitCode.Usage);
      expect(io.err()).toContain(fault);
    }
  });

  it('leaves out rows without a label, and names the line of one that is none', async () => {
    const csv = givenCsv(300, (row, label) => (row % 10 === 0 ? '' : String(label)));
    expect((await train(csv, ' --model logistic')).remarks.join()).toContain('30 rows without a label');
    const io = givenIo({ files: { 'd.csv': givenCsv(30, () => 'perhaps') } });
    expect(await headgate(io, TRAIN)).toBe(ExitCode.Usage);
    expect(io.err()).toContain("line 2 of 'd.csv', column 'bug'");
  });

  it('refuses to write over the rows or to where there is nothing, before it trains', async () => {
    const folder = givenTempDir();
    const data = join(folder, 'd.csv');
    writeFileSync(data, givenCsv(30));
    const io = givenIo({ files: { [data]: givenCsv(30) } });
    const words = `model train --data ${data} --label bug --out`;
    expect(await headgate(io, `${words} ${data}`)).toBe(ExitCode.Usage);
    expect(io.err()).toContain(`--out names '${data}', which is read`);
    expect(readFileSync(data, 'utf8')).toBe(givenCsv(30));
    expect(await headgate(io, `${words} ${join(folder, 'none', 'm.json')}`)).toBe(ExitCode.Usage);
    expect(io.err()).toContain(`there is no folder '${join(folder, 'none')}'`);
  });

  it('counts in words that fit', async () => {
    const io = givenIo({ files: { 'd.csv': givenCsv(6, (row) => (row === 0 ? '1' : '0')) } });
    expect(await headgate(io, TRAIN)).toBe(ExitCode.Ok);
    expect(io.out()).toContain('1 failure among 4 rows are too few');
  });

  it('measures on a file that lacks columns, and says it', async () => {
    await train(givenCsv(400), ' --model boosting');
    const lacking = givenCsv(400).replace('skill', 'other');
    expect((await evaluate(lacking)).remarks.join()).toContain('lacks skill');
  });

  it('refuses a file that is no model', async () => {
    const io = givenIo({ files: { 'd.csv': givenCsv(30), 'm.json': '{"format":"other"}' } });
    expect(await headgate(io, EVALUATE)).toBe(ExitCode.Usage);
    expect(io.err()).toMatch(/no model of Headgate: \w+: [^\n]+, and \d+ more"/);
  });

  it('speaks to people', async () => {
    const io = givenIo({ files: { 'd.csv': givenCsv(400) } });
    expect(await headgate(io, `${TRAIN} --model logistic`)).toBe(ExitCode.Ok);
    expect(io.out()).toContain('leaves out bugcount: tells the label by itself');
    expect(io.out()).toContain('leans most on');
  });
});
