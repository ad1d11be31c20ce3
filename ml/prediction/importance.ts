import { areaUnderRoc } from '../evaluation/auc';
import { mulberry32 } from '../random/mulberry32';
import { selectColumns, type Table } from '../tables/table';
import type { Predictor } from './predictor';

/** How much a predictor leans on one feature. */
export interface Importance {
  readonly feature: string;
  /** What the AUC loses when the feature's values are shuffled among rows; below 0 by chance alone. */
  readonly aucLoss: number;
}

/**
 * Permutation importance on rows that did not train: measures what a feature is worth beside the others, so of two that
 * say the same neither looks important. O(features × rows × cost of a prediction).
 *
 * @returns largest first; all NaN when the rows are of one class
 * @see Breiman (2001), doi:10.1023/A:1010933404324
 */
export function permutationImportance(
  predictor: Predictor,
  table: Table,
  labels: Float64Array,
  seed: number,
): Importance[] {
  const own = selectColumns(table, predictor.features);
  const whole = areaUnderRoc(predictor.predictAll(own), labels);
  const rng = mulberry32(seed);
  return own.names
    .map((feature, index) => {
      const shuffled = Float64Array.from(own.columns[index] as Float64Array);
      for (let left = shuffled.length - 1; left > 0; left--) {
        const pick = Math.floor(rng() * (left + 1));
        const taken = shuffled[left] as number;
        shuffled[left] = shuffled[pick] as number;
        shuffled[pick] = taken;
      }
      const columns = own.columns.map((column, other) => (other === index ? shuffled : column));
      return { feature, aucLoss: whole - areaUnderRoc(predictor.predictAll({ ...own, columns }), labels) };
    })
    .sort((a, b) => b.aucLoss - a.aucLoss);
}
