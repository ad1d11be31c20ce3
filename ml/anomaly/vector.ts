import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { chiSquaredTail } from '../distributions/tails';
import { robustLevel } from '../robust/median';

/**
 * How the metrics of one segment move together: a linear autoencoder, whose best weights are principal components. Plain JSON, of
 * metrics × components numbers.
 */
export interface VectorModel {
  readonly version: 1;
  /** Of each metric: its level and spread, robustly. A spread of 0 leaves the metric out. */
  readonly levels: readonly number[];
  readonly spreads: readonly number[];
  /** Directions of common movement, orthonormal, strongest first. */
  readonly components: readonly (readonly number[])[];
  /** Of the squared distance that the components leave unexplained: mean and variance over what was learned. */
  readonly restMean: number;
  readonly restVariance: number;
  readonly rows: number;
}

/** Directions are kept until they explain this share of the variance. */
const EXPLAINED = 0.9;
/** Values further off than so many spreads count as this far while learning, so that an incident does not turn the components. */
const CLIP = 4;
/** Rows needed for each metric. */
const ROWS_PER_METRIC = 5;

/**
 * Learns from rows of ordinary time. O(rows · metrics² + metrics³).
 *
 * @param rows - one row for each window, one value for each metric (best: residuals against its baseline); rows with a value that is not finite are left out
 * @returns null with fewer than five rows for each metric, or fewer than two metrics that vary
 * @see Jolliffe (2002), Principal Component Analysis; Baldi and Hornik (1989), doi:10.1016/0893-6080(89)90014-2, for why a linear autoencoder learns them
 */
export function learnVectorModel(rows: readonly (readonly number[])[]): VectorModel | null {
  const whole = rows.filter((row) => row.every(Number.isFinite));
  const metrics = whole[0]?.length ?? 0;
  if (metrics < 2 || whole.length < ROWS_PER_METRIC * metrics) return null;
  const robust = Array.from({ length: metrics }, (_, j) => robustLevel(whole.map((row) => row[j] as number)));
  const levels = robust.map(({ level }) => level);
  const spreads = robust.map(({ spread }) => spread);
  if (spreads.filter((spread) => spread > 0).length < 2) return null;
  const standard = whole.map((row) =>
    standardise({ levels, spreads }, row).map((value) => Math.max(-CLIP, Math.min(CLIP, value))),
  );
  const matrix = new Matrix(standard);
  const covariance = matrix.transpose().mmul(matrix).div(whole.length);
  const components = strongest(new EigenvalueDecomposition(covariance, { assumeSymmetric: true }));
  const rests = standard.map((row) => restOf(components, row));
  const restMean = rests.reduce((sum, rest) => sum + rest, 0) / rests.length;
  const restVariance = rests.reduce((sum, rest) => sum + (rest - restMean) ** 2, 0) / rests.length;
  return { version: 1, levels, spreads, components, restMean, restVariance, rows: whole.length };
}

/**
 * Chance of a row that fits the common movement so badly, by Box's scaled chi-squared with the mean and variance that were learned. Small where metrics
 * part that usually go together, though each by itself may be usual.
 *
 * @returns null for a row of another length or with a value that is not finite, and where nothing was ever left unexplained
 * @see Box (1954), doi:10.1214/aoms/1177728786
 */
export function vectorTail(model: VectorModel, row: readonly number[]): number | null {
  if (row.length !== model.levels.length || !row.every(Number.isFinite)) return null;
  const { restMean, restVariance } = model;
  if (!(restMean > 0) || !(restVariance > 0)) return null;
  const rest = restOf(model.components, standardise(model, row));
  return chiSquaredTail((2 * restMean * rest) / restVariance, (2 * restMean * restMean) / restVariance);
}

function standardise({ levels, spreads }: Pick<VectorModel, 'levels' | 'spreads'>, row: readonly number[]): number[] {
  return row.map((value, j) => {
    const spread = spreads[j] as number;
    return spread > 0 ? (value - (levels[j] as number)) / spread : 0;
  });
}

/** Eigenvectors until enough is explained, at least one, and at least one direction left over. */
function strongest(decomposition: EigenvalueDecomposition): number[][] {
  const values = decomposition.realEigenvalues;
  const vectors = decomposition.eigenvectorMatrix;
  const order = values.map((_, i) => i).sort((a, b) => (values[b] as number) - (values[a] as number));
  const total = values.reduce((sum, value) => sum + Math.max(0, value), 0);
  const kept: number[][] = [];
  let explained = 0;
  for (const index of order.slice(0, -1)) {
    if (explained >= EXPLAINED * total) break;
    kept.push(vectors.getColumn(index));
    explained += Math.max(0, values[index] as number);
  }
  return kept;
}

/** Squared distance to the space that the components span. */
function restOf(components: readonly (readonly number[])[], row: readonly number[]): number {
  const squares = row.reduce((sum, value) => sum + value * value, 0);
  const explained = components.reduce((sum, component) => {
    const share = component.reduce((inner, weight, j) => inner + weight * (row[j] as number), 0);
    return sum + share * share;
  }, 0);
  return Math.max(0, squares - explained);
}
