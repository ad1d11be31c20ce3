import { areaUnderRoc } from '../../ml/evaluation/auc';
import { bootstrap, type Interval } from '../../ml/evaluation/bootstrap';
import { calibrationError } from '../../ml/evaluation/reliability';
import { averagePrecision, brierScore } from '../../ml/evaluation/scores';
import { mulberry32 } from '../../ml/random/mulberry32';
import { FOUND_LATE, trainPredictor } from '../../ml/prediction/train-predictor';
import { sliceTable } from '../../ml/tables/table';
import { chanceError } from './chance-error';
import { measureCosts, type Costs } from './costs';
import { constantOracle, type Oracle } from './oracle';
import { findPython, peerFigures } from './scikit-learn';
import { changeSetPaths, readChangeSet } from './sets';

/**
 * Failure prediction on every set of changes at hand, beside scikit-learn: the first 80 % by date train, the last 10 %
 * of those calibrate and train nothing else, the rest tests. Then what training and predicting cost. `ONLY` keeps sets
 * whose path contains it, `COST_ROWS` (parted by commas) says how many rows costs are measured on.
 */

interface Result {
  readonly name: string;
  readonly auc: number;
  readonly prAuc: number;
  readonly brier: number;
  readonly ece: number;
  /** Bounds of it over rows, of 95 %. */
  readonly bounds: Interval;
  /** What the best of constants, known only afterwards, would leave of it. */
  readonly oracle: Oracle;
  /** What chance alone leaves of it. */
  readonly chance: number;
  readonly peer: number | undefined;
  readonly linesAdded: number | undefined;
}

async function measureSet(path: string, python: string | undefined): Promise<Result> {
  const { name, table, labels, times, cut } = await readChangeSet(path);
  const predictor = trainPredictor({
    table: sliceTable(table, 0, cut),
    labels: labels.subarray(0, cut),
    times: times.subarray(0, cut),
    kind: 'auto',
    seed: 1,
    decline: FOUND_LATE,
  });
  const probabilities = predictor.predictAll(sliceTable(table, cut, table.rows));
  const later = labels.subarray(cut);
  const peer = peerFigures(python, name, path);
  const result = {
    name,
    auc: areaUnderRoc(probabilities, later),
    prAuc: averagePrecision(probabilities, later),
    brier: brierScore(probabilities, later),
    ece: calibrationError(probabilities, later),
    bounds: eceBounds(probabilities, later),
    oracle: constantOracle(probabilities, later),
    chance: chanceError(probabilities),
    peer: peer?.auc,
    linesAdded: peer?.linesAddedAuc ?? undefined,
  };
  const cells = [
    name.padEnd(36),
    String(table.rows).padStart(6),
    ...[result.auc, result.peer, result.linesAdded, result.prAuc, result.brier, result.ece].map(figure),
    `${result.bounds.low.toFixed(3)}–${result.bounds.high.toFixed(3)}`,
    ...[result.oracle.ece, result.oracle.shift, result.chance].map(figure),
    verdictOf(result),
  ];
  console.log(cells.join('  '));
  return result;
}

const RESAMPLES = 200;

function eceBounds(probabilities: Float64Array, labels: Float64Array): Interval {
  const pick = (values: Float64Array, sample: Uint32Array): Float64Array =>
    Float64Array.from(sample, (row) => values[row] as number);
  const ofSample = (sample: Uint32Array): number => calibrationError(pick(probabilities, sample), pick(labels, sample));
  return bootstrap(labels.length, ofSample, RESAMPLES, mulberry32(1));
}

function verdictOf({ auc, peer, linesAdded, ece }: Result): string {
  const short = [
    ...(peer !== undefined && auc < peer - 0.005 ? ['below the forest'] : []),
    ...(linesAdded !== undefined && auc <= linesAdded ? ['below lines added'] : []),
    ...(ece > 0.03 ? ['calibration above .03'] : []),
  ];
  return short.length === 0 ? 'all met' : short.join(', ');
}

function figure(value: number | undefined): string {
  return (value === undefined ? '–' : value.toFixed(4)).padStart(9);
}

function mean(values: readonly (number | undefined)[]): number {
  const known = values.filter((value) => value !== undefined);
  return known.reduce((sum, value) => sum + value, 0) / known.length;
}

/** What costs come to as shares of the aims: 1 is the aim, and below it is met. */
const AIMS = { batchUs: 5, aloneUs: 50, bytes: 2 * 1024 * 1024, loadMs: 100 } as const;

function sharesOf(costs: Costs): string {
  const share = (name: keyof typeof AIMS): string => (costs[name] / AIMS[name]).toFixed(2);
  const named = { batchUs: 'a row in a batch', aloneUs: 'alone', bytes: 'size', loadMs: 'loading' } as const;
  return (Object.keys(AIMS) as (keyof typeof AIMS)[]).map((name) => `${named[name]} ${share(name)}`).join(', ');
}

async function main(): Promise<void> {
  const python = findPython();
  const paths = changeSetPaths(process.env['ONLY']);
  console.log(
    python === undefined
      ? 'no Python with scikit-learn: its figures are those measured once'
      : `scikit-learn by ${python}`,
  );
  const heads = ['AUC', 'forest', 'la alone', 'PR-AUC', 'Brier', 'ECE', 'of rows', 'oracle', 'shift', 'chance'].map(
    (head) => head.padStart(9),
  );
  console.log(['set'.padEnd(36), '  rows', ...heads].join('  '));
  const results: Result[] = [];
  for (const path of paths) results.push(await measureSet(path, python));
  if (results.length > 0) {
    const means = (['auc', 'peer', 'linesAdded', 'prAuc', 'brier', 'ece', 'chance'] as const).map((key) =>
      mean(results.map((each) => each[key])),
    );
    const oracle = mean(results.map((each) => each.oracle.ece));
    const shift = mean(results.map((each) => each.oracle.shift));
    const parts = [...means.slice(0, 6).map(figure), ' '.repeat(11), ...[oracle, shift, means[6]].map(figure)];
    console.log(['mean'.padEnd(36), '      ', ...parts].join('  '));
  } else console.log('no set of changes is at hand');
  for (const rows of (process.env['COST_ROWS'] ?? '10000,50000').split(',').map(Number)) {
    const costs = measureCosts(rows);
    console.log(
      `${rows} rows: forest of 100 trees ${costs.forest100Seconds.toFixed(2)} s, whole training ${costs.trainSeconds.toFixed(2)} s, ` +
        `${costs.batchUs.toFixed(1)} µs a row in a batch, ${costs.aloneUs.toFixed(1)} µs alone, ${Math.ceil(costs.bytes / 1024)} kB, ` +
        `loaded in ${costs.loadMs.toFixed(0)} ms, ${costs.isRepeatable ? 'repeats to the last bit' : 'DOES NOT REPEAT'}`,
    );
    console.log(`  of what is aimed at: ${sharesOf(costs)}`);
    if (!costs.isRepeatable) process.exitCode = 1;
  }
}

void main();
