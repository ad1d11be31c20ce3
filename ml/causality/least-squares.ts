import { Matrix, QrDecomposition } from 'ml-matrix';
import type { Design } from './lag-design';

/**
 * Share of a column's own spread that must be left when the columns before it are taken out. Below it the column adds
 * rounding only.
 */
const COLLINEAR_BELOW = 1e-7;

/** A design as `Q·R` of its columns with its targets behind them: everything tests of nested regressions need. */
export interface Factored {
  /** Upper triangle, one row and column for each column and target. */
  readonly r: Matrix;
  /** Orthonormal columns, one row for each of the design. */
  readonly q: () => Matrix;
  readonly rows: number;
  /** Columns of the design, the constant included; targets follow. */
  readonly width: number;
}

/**
 * Householder QR of a design. O(rows × columns²).
 *
 * @param design - with at least as many rows as columns and targets together
 * @see Golub and Van Loan (2013), Matrix Computations, 5.2
 */
export function factor({ columns, targets, rows }: Design): Factored {
  const all = [...columns, ...targets];
  const matrix = new Matrix(rows, all.length);
  for (const [index, column] of all.entries()) matrix.setColumn(index, column);
  const decomposition = new QrDecomposition(matrix);
  return {
    r: decomposition.upperTriangularMatrix,
    q: () => decomposition.orthogonalMatrix,
    rows,
    width: columns.length,
  };
}

/**
 * Share of a column's spread about its mean that the columns before it leave over: 0 when they explain it whole, and
 * for a column that does not vary. For a target's column, the share that the regression does not explain.
 */
export function shareLeft({ r }: Factored, column: number): number {
  let about = 0;
  for (let row = 1; row <= column; row++) about += r.get(row, column) ** 2;
  return about > 0 ? Math.abs(r.get(column, column)) / Math.sqrt(about) : 0;
}

/** Whether no column is, up to rounding, a combination of the constant and the columns before it. */
export function isFullRank(factored: Factored): boolean {
  for (let column = 1; column < factored.width; column++) {
    if (shareLeft(factored, column) < COLLINEAR_BELOW) return false;
  }
  return true;
}

/** Whether the columns explain the only target but for rounding, so that nothing is left to test against. */
export function isPerfectFit(factored: Factored): boolean {
  return shareLeft(factored, factored.width) < COLLINEAR_BELOW;
}

/**
 * The design without those of its columns from one index to another (excluded) that the columns before them explain
 * whole, such as the second lag of an exact trend: they take nothing out that is not taken out already.
 */
export function withoutRedundant(design: Design, from: number, to: number): Design {
  if (from >= to || design.rows < design.columns.length + design.targets.length) return design;
  const factored = factor(design);
  const columns = design.columns.filter(
    (_, index) => index < from || index >= to || shareLeft(factored, index) >= COLLINEAR_BELOW,
  );
  return columns.length === design.columns.length ? design : { ...design, columns };
}
