import { measureOf } from '../../../../ml/tables/measure-names';
import { chooseRatios, ratioOf, withRatios } from '../../../../ml/tables/ratios';

describe('measures by name', () => {
  it.each([
    ['la', 'linesAdded'],
    ['LA', 'linesAdded'],
    ['lines_added', 'linesAdded'],
    ['Lines Added', 'linesAdded'],
    ['change.la', 'linesAdded'],
    ['insertions', 'linesAdded'],
    ['npt', 'uniqueChanges'],
    ['nuc', 'uniqueChanges'],
    ['asexp', 'subsystemExperience'],
  ])('%s is %s', (name, measure) => {
    expect(measureOf(name)).toBe(measure);
  });

  it('knows no other columns', () => {
    expect(['lag', 'relation', 'hoursSincePrevious', 'entropy', ''].map(measureOf)).toEqual(Array(5).fill(undefined));
  });
});

describe('ratios', () => {
  const names = ['nf', 'ld', 'la', 'noise'];
  const ratios = chooseRatios(names);

  it('are made of measures that are all there', () => {
    expect(ratios).toEqual([
      { over: [2, 1], under: [], plus: 1 },
      { over: [2], under: [2, 1], plus: 0 },
      { over: [2], under: [0], plus: 0 },
    ]);
    expect(chooseRatios(['a', 'b'])).toEqual([]);
  });

  it('are missing where a part is, or where nothing stands below', () => {
    expect(ratios.map((ratio) => ratioOf(ratio, [2, 10, 30, 0]))).toEqual([40, 0.75, 15]);
    expect(ratios.map((ratio) => ratioOf(ratio, [0, 0, 0, 0]))).toEqual([0, Number.NaN, Number.NaN]);
    expect(ratioOf(ratios[0]!, [2, Number.NaN, 30, 0])).toBeNaN();
  });

  it('are the same in columns as in a row', () => {
    const columns = [
      [3, 0, Number.NaN],
      [0.1, 0, 7],
      [0.7, 0, 1e9],
      [1, 2, 3],
    ].map((column) => Float64Array.from(column));
    const all = withRatios(columns, ratios, 3);
    expect(all).toHaveLength(7);
    for (let row = 0; row < 3; row++) {
      const own = columns.map((column) => column[row]!);
      expect(all.slice(4).map((column) => column[row])).toEqual(ratios.map((ratio) => ratioOf(ratio, own)));
    }
  });
});
