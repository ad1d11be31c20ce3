import { parquetReadObjects, parquetSchema, parquetMetadata } from 'hyparquet';
import { csvOf, parquetOf, type FeatureRows } from '../../../../cli/offline/feature-file';
import { fitScales, scaled } from '../../../../ml/tables/normalise';

const rows: FeatureRows = {
  ids: ['checkout-1', 'say "hi", twice'],
  startedAt: [1_700_000_000_000, 1_700_000_060_123],
  failed: [false, true],
  features: {
    names: ['build.seconds', 'change.la'],
    columns: [Float64Array.of(0.1, Number.NaN), Float64Array.of(0, 123_456_789_012)],
    rows: 2,
  },
};

describe('rows as CSV', () => {
  it('quote what needs it, and leave empty what is missing', () => {
    expect(csvOf(rows)).toBe(
      'id,startedAt,failed,build.seconds,change.la\n' +
        'checkout-1,2023-11-14T22:13:20.000Z,0,0.1,0\n' +
        '"say ""hi"", twice",2023-11-14T22:14:20.123Z,1,,123456789012\n',
    );
  });

  it('hold no cell that a spreadsheet would run', () => {
    const text = csvOf({ ...rows, ids: ['=cmd()', '@x'] });
    expect(text).toContain("\n'=cmd(),");
    expect(text).toContain("\n'@x,");
  });
});

describe('rows as Parquet', () => {
  async function readBack(written: FeatureRows): Promise<unknown[]> {
    return parquetReadObjects({ file: Uint8Array.from(parquetOf(written)).buffer });
  }

  it('are read back with their types, missing values as null', async () => {
    expect(await readBack(rows)).toEqual([
      { id: 'checkout-1', startedAt: new Date(1_700_000_000_000), failed: false, 'build.seconds': 0.1, 'change.la': 0 },
      {
        id: 'say "hi", twice',
        startedAt: new Date(1_700_000_060_123),
        failed: true,
        'build.seconds': null,
        'change.la': 123_456_789_012,
      },
    ]);
    const schema = parquetSchema(parquetMetadata(Uint8Array.from(parquetOf(rows)).buffer));
    expect(schema.children.map(({ element }) => [element.name, element.type, element.repetition_type])).toEqual([
      ['id', 'BYTE_ARRAY', 'REQUIRED'],
      ['startedAt', 'INT64', 'REQUIRED'],
      ['failed', 'BOOLEAN', 'REQUIRED'],
      ['build.seconds', 'DOUBLE', 'OPTIONAL'],
      ['change.la', 'DOUBLE', 'OPTIONAL'],
    ]);
  });

  it('may be none at all, and may be many', async () => {
    const empty = { ids: [], startedAt: [], failed: [], features: { names: [], columns: [], rows: 0 } };
    expect(await readBack(empty)).toEqual([]);
    const count = 5000;
    const column = Float64Array.from({ length: count }, (_, row) => (row % 7 === 0 ? Number.NaN : row / 3));
    const many = {
      ids: Array.from(column, (_, row) => `r-${row}`),
      startedAt: Array.from(column, (_, row) => row * 1000),
      failed: Array.from(column, (_, row) => row % 3 === 0),
      features: { names: ['x'], columns: [column], rows: count },
    };
    const read = (await readBack(many)) as { x: number | null; failed: boolean }[];
    expect(read.map(({ x }) => x ?? Number.NaN)).toEqual([...column]);
    expect(read.filter(({ failed }) => failed)).toHaveLength(1667);
  });
});

describe('normalisation', () => {
  it('is fitted on the earliest rows alone', () => {
    const table = {
      names: ['a', 'same'],
      columns: [Float64Array.of(0, Math.E - 1, Number.NaN, 1e9), new Float64Array(4).fill(3)],
      rows: 4,
    };
    const scales = fitScales(table, 2);
    expect(scales[0]).toEqual({ name: 'a', mean: 0.5, deviation: 0.5 });
    expect(scales[1]?.deviation).toBe(1);
    const { columns } = scaled(table, scales);
    expect([...columns[0]!].slice(0, 3)).toEqual([-1, 1, Number.NaN]);
    expect([...columns[1]!].map(Math.abs)).toEqual([0, 0, 0, 0]);
    expect(fitScales({ ...table, columns: [Float64Array.of(0, Math.E - 1, 5, 6), table.columns[1]!] }, 2)).toEqual(
      scales,
    );
  });
});
