import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ALARM_SCORE } from '../../ml/anomaly/series-detector';
import { readCorpus } from './corpus';
import type { NabResult } from './nab-score';
import { atThreshold, inHindsight, leavingGroupsOut, study } from './study';

/**
 * Scores the detector on the Numenta Anomaly Benchmark.
 *
 *     npx tsx bench/anomaly/main.ts [FOLDER]
 *
 * The folder holds `group/name.csv` or `.csv.gz` and `windows.json`, and may hold `scores_full_corpus.json` with
 * published figures.
 */
function main(): void {
  const folder = process.argv[2] ?? join(__dirname, '../../../shared/data/nab');
  const corpus = readCorpus(folder);
  if (corpus === null) {
    console.log(`no windows.json in ${folder}: nothing to score`);
    return;
  }
  const studied = study(corpus, () => performance.now());
  const points = corpus.reduce((sum, { values }) => sum + values.length, 0);
  console.log(`${corpus.length} series, ${points} points, ${studied.microsecondsPerPoint.toFixed(0)} µs a point\n`);
  print('best threshold in hindsight, as the benchmark does', inHindsight(studied));
  print(`at the default threshold, ${ALARM_SCORE}`, atThreshold(studied, ALARM_SCORE));
  const left = leavingGroupsOut(studied);
  console.log('each group at the threshold best for the others');
  for (const { group, result } of left[0]?.groups ?? []) {
    console.log(
      `  ${group.padEnd(22)} ${result.windows === 0 ? '    –' : result.score.toFixed(1).padStart(5)}  found ${result.found}/${result.windows}, ${result.falseAlarms} false`,
    );
  }
  console.log(`  all: ${left.map(({ score }) => score.toFixed(1)).join(' / ')}\n`);
  printPublished(folder);
}

function print(title: string, results: readonly NabResult[]): void {
  console.log(title);
  for (const { profile, score, found, windows, falseAlarms, threshold } of results) {
    console.log(
      `  ${profile.padEnd(22)} ${score.toFixed(1).padStart(5)}  found ${found}/${windows}, ${falseAlarms} false, threshold ${threshold.toFixed(3)}`,
    );
  }
  console.log('');
}

/** Figures of other detectors on all 58 series, which compare only with a score on all 58. */
function printPublished(folder: string): void {
  let text: string;
  try {
    text = readFileSync(join(folder, 'scores_full_corpus.json'), 'utf8');
  } catch {
    return;
  }
  const published = Object.entries(JSON.parse(text) as Record<string, Record<string, number>>);
  console.log('published, on all 58 series (standard / low FP / low FN)');
  for (const [name, scores] of published.sort(([, a], [, b]) => (b['standard'] ?? 0) - (a['standard'] ?? 0))) {
    const figures = ['standard', 'reward_low_FP_rate', 'reward_low_FN_rate'].map((key) =>
      (scores[key] ?? 0).toFixed(1),
    );
    console.log(`  ${name.padEnd(22)} ${figures.join(' / ')}`);
  }
}

main();
