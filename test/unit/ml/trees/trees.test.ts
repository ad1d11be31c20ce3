import fc from 'fast-check';
import { mulberry32 } from '../../../../ml/random/mulberry32';
import { binColumn, binOf, binOfPadded, fitCuts, padCuts, MISSING_BIN } from '../../../../ml/trees/bins';
import { binRows } from '../../../../ml/trees/binned-rows';
import { loadEnsemble, quantise } from '../../../../ml/trees/ensemble';
import { growTree, type GrowOptions } from '../../../../ml/trees/grow-tree';
import { LEAF, TreeStore } from '../../../../ml/trees/tree-store';
import { goldenColumns, predictionGolden } from '../../../support/prediction-golden';

const OPTIONS: GrowOptions = { maxDepth: 3, minLeafWeight: 10, featuresPerSplit: 3, shrinkage: 0, minGain: 0 };

function grow(
  columns: readonly Float64Array[],
  labels: ArrayLike<number>,
  options: Partial<GrowOptions> = {},
): {
  store: TreeStore;
  cuts: Float64Array[];
} {
  const cuts = columns.map(fitCuts);
  const store = new TreeStore();
  growTree(
    store,
    {
      columns: columns.map((column, feature) => binColumn(column, cuts[feature] as Float64Array)),
      rows: Int32Array.from({ length: labels.length }, (_, row) => row),
      target: Float64Array.from(labels),
      weight: new Float64Array(labels.length).fill(1),
    },
    { ...OPTIONS, ...options, featuresPerSplit: columns.length },
    mulberry32(1),
  );
  return { store, cuts };
}

describe('bins', () => {
  it('keep the order of values, and equal values together', () => {
    const column = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 600 });
    fc.assert(
      fc.property(column, (values) => {
        const cuts = fitCuts(Float64Array.from(values));
        const bins = values.map((value) => binOf(value, cuts));
        const padded = padCuts(cuts);
        expect([...values, -1e300, 1e300, Number.NaN].map((value) => binOfPadded(value, padded))).toEqual([
          ...bins,
          ...[-1e300, 1e300, Number.NaN].map((value) => binOf(value, cuts)),
        ]);
        if (cuts.length > 254) return false;
        return values.every((value, at) => {
          const other = values[(at * 7 + 3) % values.length] as number;
          const otherBin = bins[(at * 7 + 3) % values.length] as number;
          const bin = bins[at] as number;
          return value === other ? bin === otherBin : value < other ? bin <= otherBin : bin >= otherBin;
        });
      }),
    );
  });

  it('give each of few distinct values a bin of its own, and missing ones the last', () => {
    const column = Float64Array.from([3, 1, Number.NaN, 2, 1]);
    expect([...binColumn(column, fitCuts(column))]).toEqual([2, 0, MISSING_BIN, 1, 0]);
    expect(fitCuts(Float64Array.from([5, 5, Number.NaN])).length).toBe(0);
    expect(fitCuts(new Float64Array(0)).length).toBe(0);
  });

  it('divide many values evenly', () => {
    const column = Float64Array.from({ length: 10_000 }, (_, row) => row);
    const counts = new Map<number, number>();
    for (const bin of binColumn(column, fitCuts(column))) counts.set(bin, (counts.get(bin) ?? 0) + 1);
    expect(counts.size).toBe(255);
    expect(Math.max(...counts.values())).toBeLessThan(2 * (10_000 / 255));
  });
});

describe('a tree', () => {
  it('splits as scikit-learn’s does', () => {
    const columns = goldenColumns();
    const { store, cuts } = grow(columns, predictionGolden.y);
    const own = quantise(store).meansOf(binRows(columns, cuts, predictionGolden.y.length));
    predictionGolden.treeProbability.forEach((expected, row) => expect(own[row]).toBeCloseTo(expected, 4));
  });

  it('sends missing values where they gain most, at each split by itself', () => {
    // Missing means failure; so do values of 5 and more.
    const values = Float64Array.from({ length: 300 }, (_, row) => (row % 3 === 0 ? Number.NaN : row % 10));
    const labels = values.map((value) => (Number.isNaN(value) || value >= 5 ? 1 : 0));
    const { store, cuts } = grow([values], labels);
    const own = quantise(store).meansOf(binRows([values], cuts, 300));
    expect([...own]).toEqual([...labels]);
  });

  it('does not split where nothing is gained or a leaf would be too small', () => {
    const column = Float64Array.from({ length: 30 }, (_, row) => row);
    expect(grow([column], new Float64Array(30).fill(1)).store.nodes).toBe(1);
    expect(
      grow(
        [column],
        column.map((row) => (row < 2 ? 1 : 0)),
        { minLeafWeight: 16 },
      ).store.nodes,
    ).toBe(1);
    expect(
      grow(
        [new Float64Array(30)],
        column.map((row) => row % 2),
      ).store.nodes,
    ).toBe(1);
  });

  it('is walked packed to the leaves that it has in the open, over several blocks of rows', () => {
    const rng = mulberry32(11);
    const rows = 500;
    const columns = [0, 1, 2].map(() =>
      Float64Array.from({ length: rows }, () => (rng() < 0.2 ? Number.NaN : Math.floor(400 * rng()))),
    );
    const labels = (columns[1] as Float64Array).map((value) => (value > 150 || rng() < 0.3 ? 1 : 0));
    const { store, cuts } = grow(columns, labels, { maxDepth: 12, minLeafWeight: 2 });
    const walked = quantise(store);
    const sums = new Float64Array(rows);
    const binned = columns.map((column, feature) => binColumn(column, cuts[feature] as Float64Array));
    store.addTree(0, binned, sums);
    const { low, step } = walked.toJSON();
    const means = [...walked.meansOf(binRows(columns, cuts, rows))];
    expect(means).toEqual([...sums].map((sum) => low + (step * sum) / 1));
    expect(store.nodes).toBeGreaterThan(40);
    expect([...store.missingLeft.subarray(0, store.nodes)]).toContain(1);
  });

  it('predicts the same stored and loaded, in a batch of any size and alone', () => {
    const rng = mulberry32(9);
    const columns = [0, 1, 2].map(() =>
      Float64Array.from({ length: 203 }, () => (rng() < 0.1 ? Number.NaN : Math.floor(40 * rng()))),
    );
    const labels = (columns[0] as Float64Array).map((value) => (value > 20 || rng() < 0.2 ? 1 : 0));
    const { store, cuts } = grow(columns, labels, { maxDepth: 12, minLeafWeight: 2 });
    const ensemble = quantise(store);
    const loaded = loadEnsemble(JSON.parse(JSON.stringify(ensemble)) as ReturnType<typeof ensemble.toJSON>);
    const rows = binRows(columns, cuts, 203);
    const batch = ensemble.meansOf(rows);
    expect([...loaded.meansOf(rows)]).toEqual([...batch]);
    for (let row = 0; row < 203; row++)
      expect(loaded.meanOf(rows.bins.subarray(3 * row, 3 * row + 3))).toBe(batch[row]);
    expect(loaded.toJSON()).toEqual(ensemble.toJSON());
    expect(store.feature.subarray(0, store.nodes).filter((feature) => feature === LEAF).length).toBeGreaterThan(20);
  });
});
