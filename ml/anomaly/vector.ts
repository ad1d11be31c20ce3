import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { chiSquaredTail } from '../distributions/tails';
import { robustLevel } from '../robust/median';

/**
 * How the metrics of one segment move together: a linear autoencoder, whose best weights are principal components.
 * Plain JSON, of metrics × components numbers.
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
/**
 * Values further off than so many spreads count as this far while learning, so that an incident does not turn the
 * components.
 */
const CLIP = 4;
/** Rows needed for each metric. */
const ROWS_PER_METRIC = 5;

/**
 * Learns from rows of ordinary time. O(rows · metrics² + metrics³).
 *
 * @param rows - one row for each window, one value for each metric (best: residuals against its baseline); rows with a
 *   value that is not finite are left out
 * @returns null with fewer than five rows for each metric, or fewer than two metrics that vary
 * @see Jolliffe (2002), Principal Component Analysis; Baldi and Hornik (1989), doi:10.1016/0893-6080(89)90014-2, for
 *   why a linear autoencoder learns them
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

/** How badly a row fits the common movement. */
export interface VectorRest {
  /**
   * Chance of a row that fits so badly: small where metrics part that usually go together, though each by itself may be
   * usual.
   */
  readonly tail: number;
  /** How far each metric lies from where the others put it, in its spreads: positive is above. */
  readonly rests: readonly number[];
}

/**
 * Compares a row with the common movement, by Box's scaled chi-squared with the mean and variance that were learned. A
 * row of fewer units than those learned from has sampling noise of its own, which goes with nothing: what it adds to
 * mean and variance of the rest is allowed for.
 *
 * @param noise - of each metric, the variance of the row's own sampling noise beyond that of the rows learned from, in
 *   the metric's unit squared; none when left out
 * @returns null for a row of another length or with a value that is not finite, and where nothing was ever left unexplained
 * @see Box (1954), doi:10.1214/aoms/1177728786
 */
export function vectorRest(
  model: VectorModel,
  row: readonly number[],
  noise: readonly number[] = [],
): VectorRest | null {
  if (row.length !== model.levels.length || !row.every(Number.isFinite)) return null;
  const { mean, variance } = expectedRest(model, noise);
  if (!(mean > 0) || !(variance > 0)) return null;
  const rests = restsOf(model.components, standardise(model, row));
  const distance = rests.reduce((sum, rest) => sum + rest * rest, 0);
  return { tail: chiSquaredTail((2 * mean * distance) / variance, (2 * mean * mean) / variance), rests };
}

/** The chance alone; see {@link vectorRest}. */
export function vectorTail(model: VectorModel, row: readonly number[]): number | null {
  return vectorRest(model, row)?.tail ?? null;
}

/** Mean and variance of the squared rest of a healthy row. Noise enters by what the components do not take up of it. */
function expectedRest(
  { components, spreads, restMean, restVariance }: VectorModel,
  noise: readonly number[],
): { readonly mean: number; readonly variance: number } {
  const added = spreads.map((spread, j) => {
    const taken = components.reduce((sum, component) => sum + (component[j] as number) ** 2, 0);
    return spread > 0 ? (Math.max(0, noise[j] ?? 0) / spread ** 2) * Math.max(0, 1 - taken) : 0;
  });
  const largest = Math.max(0, ...added);
  return {
    mean: restMean + added.reduce((sum, one) => sum + one, 0),
    // |r + n|² varies by |r|², by |n|² and by twice the product of both.
    variance: restVariance + 2 * added.reduce((sum, one) => sum + one * one, 0) + 4 * largest * restMean,
  };
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

/** What the components leave of each value. */
function restsOf(components: readonly (readonly number[])[], row: readonly number[]): number[] {
  const shares = components.map((component) =>
    component.reduce((sum, weight, j) => sum + weight * (row[j] as number), 0),
  );
  return row.map((value, j) =>
    components.reduce((rest, component, k) => rest - (shares[k] as number) * (component[j] as number), value),
  );
}

/** Squared distance to the space that the components span. */
function restOf(components: readonly (readonly number[])[], row: readonly number[]): number {
  return restsOf(components, row).reduce((sum, rest) => sum + rest * rest, 0);
}
