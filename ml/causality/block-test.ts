import { CholeskyDecomposition, Matrix } from 'ml-matrix';
import { chiSquaredTail, fTail } from '../distributions/tails';
import type { Design } from './lag-design';
import { factor, isFullRank, isPerfectFit, type Factored } from './least-squares';

/** Why a test has no answer. */
export const Untestable = {
  /** Fewer observations than the test needs, gaps left out. */
  TooFewRows: 'too_few_rows',
  /** A series does not vary. */
  Constant: 'constant',
  /** A series, or a lag of one, is a combination of the others. */
  Collinear: 'collinear',
  /** The past explains the effect without remainder, so there is no noise to judge by. */
  PerfectFit: 'perfect_fit',
  /** A robust test was asked for, and a single observation decides the fit. */
  SingleRowDecides: 'single_row_decides',
} as const;
/** One of the reasons. */
export type Untestable = (typeof Untestable)[keyof typeof Untestable];

/** Whether some regressors add anything to the others. */
export interface BlockTest {
  readonly testable: true;
  readonly rows: number;
  readonly f: number;
  readonly p: number;
  readonly dfNumerator: number;
  readonly dfDenominator: number;
  /** The Wald statistic, chi-squared with `dfNumerator` degrees of freedom in large samples. */
  readonly waldChi2: number;
  readonly waldP: number;
  /**
   * The same hypothesis without the assumption that noise is equally strong in every row; null where a single row
   * decides the fit.
   */
  readonly robust: { readonly f: number; readonly p: number } | null;
}

/** A test without an answer: nothing in it is NaN, there is just no number. */
export interface UntestableBlock {
  readonly testable: false;
  readonly rows: number;
  readonly reason: Untestable;
}

/**
 * F test that the last columns of a regression have coefficients of zero, with its Wald form and the Wald test under
 * heteroscedasticity (HC3). Sums of squares are read off one QR, so that nothing is lost by subtracting them. O(rows ×
 * columns²).
 *
 * Assumes rows in order of time with noise that is independent given the columns; the F form also assumes equal variance.
 *
 * @param design - one target; the columns tested stand last
 * @param tested - how many columns are tested, >= 1
 * @returns `too_few_rows` when no degree of freedom is left, `collinear` or `perfect_fit` when the regression is degenerate
 * @see Granger (1969), doi:10.2307/1912791
 * @see MacKinnon and White (1985), HC3, doi:10.1016/0304-4076(85)90158-7
 */
export function blockTest(design: Design, tested: number): BlockTest | UntestableBlock {
  const { rows } = design;
  const dfDenominator = rows - design.columns.length;
  if (dfDenominator < 1) return { testable: false, rows, reason: Untestable.TooFewRows };
  const factored = factor(design);
  if (!isFullRank(factored)) return { testable: false, rows, reason: Untestable.Collinear };
  if (isPerfectFit(factored)) return { testable: false, rows, reason: Untestable.PerfectFit };
  const { r, width } = factored;
  let explained = 0;
  for (let row = width - tested; row < width; row++) explained += r.get(row, width) ** 2;
  const variance = r.get(width, width) ** 2 / dfDenominator;
  const waldChi2 = explained / variance;
  const f = waldChi2 / tested;
  return {
    testable: true,
    rows,
    f,
    p: fTail(f, tested, dfDenominator),
    dfNumerator: tested,
    dfDenominator,
    waldChi2,
    waldP: chiSquaredTail(waldChi2, tested),
    robust: robustTest(factored, tested, dfDenominator),
  };
}

/**
 * The HC3 Wald test as F. In the orthonormal columns of Q the coefficients are `Q'y` and their covariance `Σ uᵢ² qᵢqᵢ'`, with
 * u the residual over one minus the leverage: the triangle of R cancels.
 */
function robustTest(factored: Factored, tested: number, dfDenominator: number): { f: number; p: number } | null {
  const { r, width, rows } = factored;
  const q = factored.q();
  const first = width - tested;
  const covariance = Matrix.zeros(tested, tested);
  for (let row = 0; row < rows; row++) {
    let leverage = 0;
    for (let column = 0; column < width; column++) leverage += q.get(row, column) ** 2;
    if (1 - leverage < 1e-9) return null;
    const weight = ((q.get(row, width) * r.get(width, width)) / (1 - leverage)) ** 2;
    for (let a = 0; a < tested; a++) {
      for (let b = 0; b <= a; b++) {
        const term = weight * q.get(row, first + a) * q.get(row, first + b);
        covariance.set(a, b, covariance.get(a, b) + term);
      }
    }
  }
  for (let a = 0; a < tested; a++) for (let b = 0; b < a; b++) covariance.set(b, a, covariance.get(a, b));
  const cholesky = new CholeskyDecomposition(covariance);
  if (!cholesky.isPositiveDefinite()) return null;
  const effects = new Matrix(tested, 1);
  for (let index = 0; index < tested; index++) effects.set(index, 0, r.get(first + index, width));
  const f = effects.transpose().mmul(cholesky.solve(effects)).get(0, 0) / tested;
  return Number.isFinite(f) ? { f, p: fTail(f, tested, dfDenominator) } : null;
}
