import { loadPredictor } from '../../ml/prediction/load-predictor';
import { trainPredictor } from '../../ml/prediction/train-predictor';
import { mulberry32 } from '../../ml/random/mulberry32';
import { rowOf, type Table } from '../../ml/tables/table';
import { binColumn, fitCuts } from '../../ml/trees/bins';
import { growForest } from '../../ml/models/forest';
import { FOREST } from '../../ml/models/settings';

const FEATURES = 14;
/** Of a batch; on a machine with other work fewer may meet no quiet moment. */
const PASSES = 25;

/**
 * Costs of the shipped configuration on rows made here: nothing about them depends on a file. Seconds and microseconds
 * of this thread.
 */
export interface Costs {
  readonly rows: number;
  /** The forest alone, 100 trees. */
  readonly forest100Seconds: number;
  /** Everything: four models and calibration. */
  readonly trainSeconds: number;
  readonly batchUs: number;
  readonly aloneUs: number;
  readonly bytes: number;
  readonly loadMs: number;
  /** Whether training again gave the same bytes, and one row alone the same as in a batch. */
  readonly isRepeatable: boolean;
}

/** Rows of fourteen skewed features, some of which matter. */
function makeRows(rows: number): { table: Table; labels: Float64Array } {
  const rng = mulberry32(20_261);
  const columns = Array.from({ length: FEATURES }, (_, feature) =>
    Float64Array.from({ length: rows }, () => {
      const size = 1 / (1e-3 + rng()) ** (0.5 + feature / FEATURES);
      return feature % 3 === 0 ? Math.floor(size) : size;
    }),
  );
  const labels = Float64Array.from({ length: rows }, (_, row) => {
    const odds =
      -2 +
      0.8 * Math.log(columns[4]?.[row] ?? 1) -
      0.5 * Math.log(columns[11]?.[row] ?? 1) +
      0.3 * Math.log(columns[2]?.[row] ?? 1);
    return rng() < 1 / (1 + Math.exp(-odds)) ? 1 : 0;
  });
  return { table: { names: columns.map((_, feature) => `f${feature}`), columns, rows }, labels };
}

/** Measures training and prediction. */
export function measureCosts(rows: number): Costs {
  const { table, labels } = makeRows(rows);
  const binned = table.columns.map((column) => binColumn(column, fitCuts(column)));
  const weights = labels.map(() => 1);
  const forest = secondsOf(() => growForest(binned, labels, weights, { ...FOREST, trees: 100 }, mulberry32(1)));
  const input = { table, labels, times: null, kind: 'auto', seed: 1 } as const;
  let predictor = trainPredictor(input);
  const train = secondsOf(() => void (predictor = trainPredictor(input)));
  const text = JSON.stringify(predictor);
  const load = secondsOf(() => loadPredictor(JSON.parse(text)));
  const loaded = loadPredictor(JSON.parse(text));
  let batch: Float64Array = new Float64Array(0);
  // The least of some passes: what other work on the machine adds is not the model's.
  const batchSeconds = Math.min(
    ...Array.from({ length: PASSES }, () => secondsOf(() => void (batch = loaded.predictAll(table)))),
  );
  const alone = new Float64Array(Math.min(rows, 5000));
  const row = new Float64Array(FEATURES);
  const aloneSeconds = secondsOf(() => {
    for (let index = 0; index < alone.length; index++) alone[index] = loaded.predict(rowOf(table, index, row));
  });
  return {
    rows,
    forest100Seconds: forest,
    trainSeconds: train,
    batchUs: (batchSeconds / rows) * 1e6,
    aloneUs: (aloneSeconds / alone.length) * 1e6,
    bytes: text.length,
    loadMs: load * 1000,
    isRepeatable: JSON.stringify(trainPredictor(input)) === text && alone.every((each, index) => each === batch[index]),
  };
}

/** Processor time of this process, so that other work on the machine counts less. */
function secondsOf(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}
