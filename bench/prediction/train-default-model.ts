import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { areaUnderRoc } from '../../ml/evaluation/auc';
import { balancedWeights } from '../../ml/prediction/balanced-weights';
import { sketchOf, type InputSketch } from '../../ml/evaluation/input-sketch';
import { trainPredictor } from '../../ml/prediction/train-predictor';
import type { Predictor } from '../../ml/prediction/predictor';
import type { PredictorJson } from '../../ml/prediction/predictor-json';
import { selectColumns, sliceTable } from '../../ml/tables/table';
import { changeSetPaths, readChangeSet, type ChangeSet } from './sets';

/**
 * Trains the model that ships with Headgate, on the five projects of jit-issta21 (MIT) and on nothing else, and says
 * how well a model of four of them ranks the latest fifth of the one left out. `npm run train:default-model` writes it
 * to ml/prediction/default-model.json, with a sketch of where each feature lay; `-- --inputs` makes only the sketch
 * anew, and `-- --no-check` leaves the models of four projects out.
 */

/** Kamei's measures, by the names and in the units of the data. */
const FEATURES = 'ns nd nf entropy la ld lt fix ndev age nuc exp rexp sexp'.split(' ');
const OUT = join(__dirname, '../../ml/prediction/default-model.json');
const SEED = 1;

/** Projects differ in size and in their share of failures; each counts alike, and in each failures and successes do. */
function poolOf(sets: readonly ChangeSet[]): Parameters<typeof trainPredictor>[0] {
  const rows = sets.flatMap((set, project) => Array.from(set.times, (time, row) => ({ project, row, time })));
  rows.sort((a, b) => a.time - b.time || a.project - b.project || a.row - b.row);
  const tables = sets.map(({ table }) => selectColumns(table, FEATURES));
  const weights = sets.map(({ labels }) =>
    balancedWeights(labels).map((weight) => (weight * rows.length) / (sets.length * labels.length)),
  );
  const gather = (of: (project: number, row: number) => number): Float64Array =>
    Float64Array.from(rows, ({ project, row }) => of(project, row));
  return {
    table: {
      names: FEATURES,
      columns: FEATURES.map((_, feature) =>
        gather((project, row) => tables[project]?.columns[feature]?.[row] ?? Number.NaN),
      ),
      rows: rows.length,
    },
    labels: gather((project, row) => sets[project]?.labels[row] ?? 0),
    times: Float64Array.from(rows, ({ time }) => time),
    weights: gather((project, row) => weights[project]?.[row] ?? 1),
    kind: 'auto',
    seed: SEED,
  };
}

/**
 * Where each feature's values lie over all projects, each counting alike, so that a model whose rows are not at hand
 * can still be watched.
 */
function inputsOf(sets: readonly ChangeSet[]): InputSketch[] {
  const columns = sets.map(({ table: own }) => selectColumns(own, FEATURES).columns);
  const weights = Float64Array.from(sets.flatMap(({ labels }) => Array.from(labels, () => 1 / labels.length)));
  return FEATURES.map((_, feature) =>
    sketchOf(Float64Array.from(columns.flatMap((own) => Array.from(own[feature] ?? []))), weights),
  );
}

function aucOn(predictor: Predictor, { table, labels, cut }: ChangeSet): string {
  return areaUnderRoc(predictor.predictAll(sliceTable(table, cut, table.rows)), labels.subarray(cut)).toFixed(3);
}

async function main(): Promise<void> {
  const all = await Promise.all(changeSetPaths().map(readChangeSet));
  const own = all.filter(({ name }) => name.startsWith('issta21/'));
  if (own.length === 0)
    throw new Error('jit-issta21 is not at hand: set HEADGATE_DATA_SETS to the folder that holds it');
  if (!process.argv.includes('--no-check') && !process.argv.includes('--inputs')) {
    for (const left of own) {
      const predictor = trainPredictor(poolOf(own.filter((set) => set !== left)));
      console.log(`${left.name}: AUC ${aucOn(predictor, left)} of a model of the other projects`);
    }
  }
  if (process.argv.includes('--inputs')) {
    // The model that stands stays as it is, to the bit.
    const standing = JSON.parse(readFileSync(OUT, 'utf8')) as PredictorJson;
    writeFileSync(OUT, `${JSON.stringify({ ...standing, inputs: inputsOf(own) })}\n`);
    return;
  }
  const predictor = trainPredictor(poolOf(own));
  const text = `${JSON.stringify({ ...predictor.json, inputs: inputsOf(own) })}\n`;
  writeFileSync(OUT, text);
  console.log(`${OUT}: ${Math.ceil(text.length / 1024)} kB, ${predictor.json.trainedOn.rows} rows`);
  // Measured with, never trained on.
  for (const other of all.filter(({ name }) => name.startsWith('apachejit/'))) {
    console.log(`${other.name}: AUC ${aucOn(predictor, other)} of the shipped model, which has seen no project of it`);
  }
}

void main();
