import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const numbers = z.array(z.number());

const Golden = z.object({
  scores: numbers,
  labels: numbers,
  auc: z.number(),
  averagePrecision: z.number(),
  brier: z.number(),
  isotonicAtScores: numbers,
  x: z.array(numbers),
  y: numbers,
  treeProbability: numbers,
  logisticProbability: numbers,
});

/** What scikit-learn computes; the script stands beside the file. */
export const predictionGolden = Golden.parse(
  JSON.parse(readFileSync(join(__dirname, '../fixtures/ml/prediction.json'), 'utf8')),
);

/** The golden rows as columns. */
export function goldenColumns(): Float64Array[] {
  return [0, 1, 2].map((feature) => Float64Array.from(predictionGolden.x, (row) => row[feature] ?? Number.NaN));
}
