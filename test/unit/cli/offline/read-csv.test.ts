import { gzipSync } from 'node:zlib';
import { openData, readLines } from '../../../../cli/offline/open-data';
import { readCsv, readNumericColumns } from '../../../../cli/offline/read-csv';
import { givenIo } from '../../../support/cli-io';

const columnsOf = (text: string | Buffer, columns: string[]) =>
  readNumericColumns(givenIo({ files: { 'data.csv': text } }), 'data.csv', columns);

describe('reading a CSV file', () => {
  it('reads quoted cells, line ends of either kind, empty lines and a byte order mark', async () => {
    const text = '\ufefft,"a ""x"", y",b\r\n1,"2",3\r\n\r\n4,5,"6"\r\n';
    expect(await columnsOf(text, ['t', 'a "x", y', 'b'])).toEqual([
      [1, 4],
      [2, 5],
      [3, 6],
    ]);
  });

  it('unpacks gzip by its content, not by its name', async () => {
    expect(await columnsOf(gzipSync('x\n1\n2e-3\n'), ['x'])).toEqual([[1, 0.002]]);
  });

  it('keeps missing values apart from zero', async () => {
    expect(await columnsOf('x,y\n,1\nNA,1\nnan,1\nNull,1\n0,1\n', ['x'])).toEqual([[NaN, NaN, NaN, NaN, 0]]);
  });

  it.each([
    ['x,y\n1,2\n3,four\n', "line 3 of 'data.csv', column 'y': 'four'"],
    ['x,y\n1,inf\n', "line 2 of 'data.csv', column 'y'"],
    ['x,y\n1,0x10\n', "line 2 of 'data.csv', column 'y'"],
    ['x,y\n1,2\n3\n', "line 3 of 'data.csv' is not CSV"],
    ['x,y\n1,"2\n3,4\n', "of 'data.csv' is not CSV"],
    ['x,x,y\n1,2,3\n', "two columns named 'x'"],
    ['x,z\n1,2\n', "no column 'y'"],
    ['x,y\n', 'no rows'],
    ['', 'is empty'],
    [gzipSync('x,y\n1,2\n').subarray(0, 20), 'broken gzip'],
  ])('says what is wrong with %j', async (text, message) => {
    await expect(columnsOf(text, ['x', 'y'])).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining(message) as string,
    });
  });

  it('counts the lines that a quoted cell spans', async () => {
    await expect(columnsOf('x,y\n"1",2\n"a\nb",2\n', ['x'])).rejects.toMatchObject({
      message: expect.stringContaining("line 4 of 'data.csv', column 'x'") as string,
    });
  });

  it('stops at a bound of rows', async () => {
    const io = givenIo({ files: { 'data.csv': 'x\n1\n2\n3\n' } });
    await expect(readNumericColumns(io, 'data.csv', ['x'], 2)).rejects.toMatchObject({
      message: "'data.csv' has more than 2 rows",
    });
    expect(await readNumericColumns(io, 'data.csv', ['x'], 3)).toEqual([[1, 2, 3]]);
  });

  it('names a file that is not there', async () => {
    await expect(readCsv(givenIo(), 'none.csv')).rejects.toMatchObject({ message: "there is no file 'none.csv'" });
  });

  it('streams: a reader that stops early does not read on', async () => {
    const rows = Array.from({ length: 50_000 }, (_, row) => `${row},${row}`).join('\n');
    const file = await readCsv(givenIo({ files: { 'data.csv': `x,y\n${rows}\n` } }), 'data.csv');
    for await (const row of file.rows) {
      expect(row).toEqual({ line: 2, cells: ['0', '0'] });
      break;
    }
  });
});

describe('reading lines', () => {
  it('numbers them, cuts their ends and joins characters that chunks part', async () => {
    const io = givenIo({ files: { 'data.jsonl': gzipSync('{"a":1}\r\n\nzwölf') } });
    const lines = [];
    for await (const line of readLines('data.jsonl', openData(io, 'data.jsonl'))) lines.push(line);
    expect(lines).toEqual([
      { line: 1, text: '{"a":1}' },
      { line: 2, text: '' },
      { line: 3, text: 'zwölf' },
    ]);
  });
});
