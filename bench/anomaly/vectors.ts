import { join } from 'node:path';
import { areaUnderRoc } from '../../ml/evaluation/auc';
import { learnVectorModel, vectorTail } from '../../ml/anomaly/vector';
import { mulberry32, type Rng } from '../../ml/random/mulberry32';
import { readCorpus } from './corpus';
import type { LabelledSeries } from './nab-score';
import { trainAutoencoder } from './nonlinear-autoencoder';

/** Rows to learn from, rows to score, and which of these are anomalies. */
interface VectorCase {
  readonly name: string;
  readonly learn: readonly (readonly number[])[];
  readonly score: readonly (readonly number[])[];
  readonly isAnomaly: readonly boolean[];
}

/**
 * Principal components against a small nonlinear autoencoder, on metrics simulated and made of the benchmark's series.
 *
 *     npx tsx bench/anomaly/vectors.ts [CASES] [SEED]
 *
 * Area under the ROC curve of telling anomalous rows from ordinary ones, on rows not learned from. The nonlinear one is
 * given the same number of components as code.
 */
function main(): void {
  const [cases = 10, seed = 1] = process.argv.slice(2).map(Number);
  const kinds: [string, (random: Rng) => VectorCase][] = [
    ['linear metrics, 400 rows', (random) => simulated(random, 'linear', 400)],
    ['curved metrics, 400 rows', (random) => simulated(random, 'curved', 400)],
    ['curved metrics, 2,000 rows', (random) => simulated(random, 'curved', 2000)],
  ];
  console.log('case                            components  nonlinear  nonlinear better in');
  for (const [name, make] of kinds) {
    compare(
      name,
      Array.from({ length: cases }, (_, i) => ({
        one: make(mulberry32(seed + i)),
        random: mulberry32(7000 + seed + i),
      })),
    );
  }
  const corpus = readCorpus(join(__dirname, '../../../shared/data/nab'));
  if (corpus === null) return;
  const made = corpus
    .filter(({ windows }) => windows.length > 0)
    .map((series) => fromSeries(series))
    .filter((one) => one.isAnomaly.includes(true));
  compare(
    'windows of the benchmark',
    made.map((one, i) => ({ one, random: mulberry32(9000 + i) })),
  );
}

function compare(name: string, cases: readonly { readonly one: VectorCase; readonly random: Rng }[]): void {
  let [linear, curved, wins, counted] = [0, 0, 0, 0];
  for (const { one, random } of cases) {
    const model = learnVectorModel(one.learn);
    if (model === null) continue;
    const standard = (row: readonly number[]): number[] =>
      row.map((value, j) =>
        (model.spreads[j] as number) > 0 ? (value - (model.levels[j] as number)) / (model.spreads[j] as number) : 0,
      );
    const clipped = one.learn.map((row) => standard(row).map((value) => Math.max(-4, Math.min(4, value))));
    const network = trainAutoencoder(clipped, model.components.length, 12, random);
    const byComponents = areaUnderRoc(
      one.score.map((row) => -(vectorTail(model, row) ?? 1)),
      one.isAnomaly.map(Number),
    );
    const byNetwork = areaUnderRoc(
      one.score.map((row) => network(standard(row))),
      one.isAnomaly.map(Number),
    );
    linear += byComponents;
    curved += byNetwork;
    wins += byNetwork > byComponents ? 1 : 0;
    counted += 1;
  }
  console.log(
    `${name.padEnd(30)} ${(linear / counted).toFixed(3).padStart(11)} ${(curved / counted).toFixed(3).padStart(10)}  ${wins} of ${counted}`,
  );
}

/**
 * Ten metrics driven by load and mix; in an anomaly two of them leave the others by 1.5 to 4 spreads, which each may do
 * by itself.
 */
function simulated(random: Rng, kind: 'linear' | 'curved', rows: number): VectorCase {
  const metrics = Array.from({ length: 10 }, () => ({ load: normal(random), mix: normal(random), bend: random() }));
  const rowOf = (isAnomaly: boolean): number[] => {
    const load = normal(random);
    const mix = normal(random);
    const row = metrics.map((metric) => {
      const line = metric.load * load + metric.mix * mix;
      const curve = kind === 'curved' ? metric.bend * 1.5 * (line * line - 1) : 0;
      return line + curve + 0.3 * normal(random);
    });
    if (isAnomaly) {
      for (const index of [Math.floor(random() * 10), Math.floor(random() * 10)])
        row[index] = (row[index] ?? 0) + (random() < 0.5 ? -1 : 1) * (1.5 + 2.5 * random());
    }
    return row;
  };
  const isAnomaly = Array.from({ length: 1000 }, () => random() < 0.1);
  return {
    name: kind,
    learn: Array.from({ length: rows }, () => rowOf(false)),
    score: isAnomaly.map(rowOf),
    isAnomaly,
  };
}

/**
 * Six figures of each dozen points: mean, spread, lowest, highest, last step and change from the dozen before. The
 * first 15 % teach.
 */
function fromSeries({ name, values, atMs, windows }: LabelledSeries): VectorCase {
  const rows: number[][] = [];
  const labels: boolean[] = [];
  let before = 0;
  for (let from = 0; from + 12 <= values.length; from += 6) {
    const part = values.slice(from, from + 12);
    const mean = part.reduce((sum, value) => sum + value, 0) / 12;
    const spread = Math.sqrt(part.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 12);
    rows.push([mean, spread, Math.min(...part), Math.max(...part), (part[11] ?? 0) - (part[10] ?? 0), mean - before]);
    const at = atMs[from + 11] ?? 0;
    labels.push(windows.some(([first, last]) => at >= first && at <= last));
    before = mean;
  }
  const border = Math.floor(0.15 * rows.length);
  return { name, learn: rows.slice(1, border), score: rows.slice(border), isAnomaly: labels.slice(border) };
}

function normal(random: Rng): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

main();
