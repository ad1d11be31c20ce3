import { RandomForestClassifier } from 'ml-random-forest';
import { areaUnderRoc } from '../../ml/evaluation/auc';
import { growTeamForest } from '../../ml/models/team-forest';
import { changeSetPaths, readChangeSet } from './sets';

/**
 * What the package ml-random-forest does with changes: its time against rows, and its defects one by one, so that
 * docs/dependencies.md says what was seen and not what was heard. `ONLY` picks the set, gerrit by default: failures are
 * rare there.
 */

const OPTIONS = {
  seed: 1,
  nEstimators: 20,
  maxFeatures: 4,
  replacement: false,
  useSampleBagging: true,
  isClassifier: true,
};

function seconds(work: () => unknown): string {
  const before = process.cpuUsage().user;
  work();
  return `${((process.cpuUsage().user - before) / 1e6).toFixed(1)} s`;
}

async function main(): Promise<void> {
  const [path] = changeSetPaths(process.env['ONLY'] ?? 'gerrit');
  if (path === undefined) throw new Error('no set of changes is at hand');
  const { table, labels } = await readChangeSet(path);
  const columns = table.columns.slice(0, 14);
  const matrix = (from: number, to: number): number[][] =>
    Array.from({ length: to - from }, (_, row) => columns.map((column) => column[from + row] as number));
  const later = matrix(2000, 4000);
  const ends = labels.subarray(2000, 4000);
  const withGain = (rows: number, treeOptions: object, extra: object = { noOOB: true }): RandomForestClassifier => {
    const forest = new RandomForestClassifier({ ...OPTIONS, ...extra, treeOptions });
    forest.train(matrix(0, rows), Array.from(labels.subarray(0, rows)));
    return forest;
  };
  for (const rows of [500, 1000, 2000]) {
    const spent = seconds(() =>
      growTeamForest(
        columns.map((column) => column.subarray(0, rows)),
        labels.subarray(0, rows),
        { trees: 20, maxDepth: 12, minLeafRows: 10, seed: 1 },
      ),
    );
    console.log(`${rows} rows × 20 trees: ${spent}`);
  }
  const stopped = withGain(2000, {}).predictProbability(later, 1);
  console.log(
    `default gainThreshold: ${new Set(stopped).size} distinct scores, AUC ${areaUnderRoc(stopped, ends).toFixed(3)}`,
  );
  const grown = withGain(2000, { gainThreshold: 0, maxDepth: 12, minNumSamples: 10 });
  const scores = grown.predictProbability(later, 1);
  console.log(
    `gainThreshold 0: ${new Set(scores).size} distinct scores of 20 trees, AUC ${areaUnderRoc(scores, ends).toFixed(3)}`,
  );
  const alone = seconds(() => later.slice(0, 200).forEach((row) => grown.predictProbability([row], 1)));
  console.log(`200 rows alone: ${alone}`);
  try {
    withGain(300, { gainThreshold: 0 }, { noOOB: false, nEstimators: 3 });
    console.log('out of bag with 3 trees: went well');
  } catch (error) {
    console.log(`out of bag with 3 trees: ${String(error)}`);
  }
  const bagged = new RandomForestClassifier({
    ...OPTIONS,
    replacement: true,
    noOOB: true,
    treeOptions: { gainThreshold: 0, maxDepth: 2 },
  });
  bagged.train(matrix(0, 200), Array.from(labels.subarray(0, 200)));
  const twice = (bagged.indexes ?? []).filter((drawn) => new Set(drawn).size < drawn.length).length;
  console.log(`features with replacement: ${twice} of 20 trees drew one twice`);
}

void main();
