import { MultivariateLinearRegression } from 'ml-regression';
import { fTail } from '../distributions/tails';

/** One observation: its regressors, without the constant, what was measured, and how much it counts. */
export interface Observation {
  readonly at: readonly number[];
  readonly value: number;
  /** > 0; only ratios matter. */
  readonly weight: number;
}

/** A fitted line or surface. */
export interface Fit {
  readonly degrees: number;
  /** Coefficients, the constant first. */
  readonly coefficients: readonly number[];
  /** Of each coefficient; already widened for residuals that follow one another. */
  readonly errors: readonly number[];
  /** Mean response there, with its standard error. */
  predict(at: readonly number[]): { readonly value: number; readonly error: number };
  /** Residual standard deviation of an observation of mean weight. */
  readonly noise: number;
}

/**
 * What is believed of how residuals follow each other before any is seen: a correlation, and the rows that this belief
 * is worth.
 */
const BELIEVED = 0.5;
const BELIEF_ROWS = 8;
/** Of a variance at least this share is left by the coefficients, however residuals follow each other. */
const LEAST_LEFT = 0.3;

/**
 * Weighted least squares with errors that allow for residuals following one another in time: the variance is widened by
 * (1 + r) / (1 − r), r their lag-1 autocorrelation. Residuals of few rows tell r, and the variance itself, too low: the
 * bias of both is taken off, and r is held towards one half with the weight of eight rows.
 *
 * @param observations - in time order; regressors of about unit size
 * @returns null with fewer than two observations more than coefficients, or where they are collinear
 * @see Draper and Smith (1998), Applied Regression Analysis; Zwiers and von Storch (1995),
 *   doi:10.1175/1520-0442(1995)008<0336:TSCIAI>2.0.CO;2, for the widening; Kendall (1954),
 *   doi:10.1093/biomet/41.3-4.403, for the bias of r
 */
export function fitRegression(observations: readonly Observation[]): Fit | null {
  const columns = (observations[0]?.at.length ?? 0) + 1;
  if (observations.length < columns + 2) return null;
  const mean = observations.reduce((sum, { weight }) => sum + weight, 0) / observations.length;
  const roots = observations.map(({ weight }) => Math.sqrt(weight / mean));
  const rows = observations.map(({ at }, i) => [1, ...at].map((one) => one * (roots[i] as number)));
  const values = observations.map(({ value }, i) => value * (roots[i] as number));
  const fitted = new MultivariateLinearRegression(
    rows,
    values.map((value) => [value]),
    { intercept: false },
  );
  const coefficients = fitted.weights.map(([one = Number.NaN]) => one);
  const residuals = rows.map((row, i) => (values[i] as number) - dot(row, coefficients));
  const widening = wideningOf(residuals, columns);
  // The coefficients take the share widening × columns / n of the variance with them, where independence would have
  // them take columns / n.
  const taken = columns / observations.length;
  const whole = Math.max(LEAST_LEFT, (1 - widening * taken) / (1 - taken));
  const covariance = (i: number, j: number): number => (fitted.stdErrorMatrix.get(i, j) * widening) / whole;
  const errors = coefficients.map((_, i) => Math.sqrt(Math.max(0, covariance(i, i))));
  if (![...coefficients, ...errors].every(Number.isFinite) || isCollinear(rows, columns)) return null;
  return {
    degrees: Math.max(1, (observations.length - columns) / widening),
    coefficients,
    errors,
    noise: fitted.stdError,
    predict(at) {
      const row = [1, ...at];
      const variance = row.reduce(
        (sum, a, i) => sum + row.reduce((inner, b, j) => inner + a * b * covariance(i, j), 0),
        0,
      );
      return { value: dot(row, coefficients), error: Math.sqrt(Math.max(0, variance)) };
    },
  };
}

/** Quantile of Student's t above which lies `tail`, 0 < tail < 0.5. By bisection. */
export function studentQuantile(tail: number, degrees: number): number {
  let low = 0;
  let high = 1;
  while (fTail(high * high, 1, degrees) / 2 > tail && high < 1e6) high *= 2;
  for (let i = 0; i < 50; i += 1) {
    const middle = (low + high) / 2;
    if (fTail(middle * middle, 1, degrees) / 2 > tail) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Residuals that follow one another carry less than their number; at most as if there were a nineteenth of them. */
function wideningOf(residuals: readonly number[], columns: number): number {
  const n = residuals.length;
  const squares = residuals.reduce((sum, one) => sum + one * one, 0);
  if (squares === 0) return 1;
  const products = residuals.slice(1).reduce((sum, one, i) => sum + one * (residuals[i] as number), 0);
  const seen = products / squares;
  const unbiased = seen + (columns + (columns + 2) * seen) / n;
  const r = Math.min(0.9, Math.max(0, (n * unbiased + BELIEF_ROWS * BELIEVED) / (n + BELIEF_ROWS)));
  return (1 + r) / (1 - r);
}

/** A column that others nearly make up: what remains of it after projection is lost in rounding. */
function isCollinear(rows: readonly (readonly number[])[], columns: number): boolean {
  const kept: number[][] = [];
  for (let column = 0; column < columns; column += 1) {
    const values = rows.map((row) => row[column] as number);
    const size = Math.sqrt(dot(values, values));
    let rest = values;
    for (const one of kept) {
      const share = dot(rest, one);
      rest = rest.map((value, i) => value - share * (one[i] as number));
    }
    const left = Math.sqrt(dot(rest, rest));
    if (!(left > 1e-6 * size)) return true;
    kept.push(rest.map((value) => value / left));
  }
  return false;
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, one, i) => sum + one * (b[i] as number), 0);
}
