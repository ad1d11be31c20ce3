import { ln } from '../elementary/ln';
import { CholeskyDecomposition, Matrix } from 'ml-matrix';
import { lagDesign } from './lag-design';
import { factor } from './least-squares';

/** What an order is chosen by: `aic` keeps more lags, `bic` fewer. */
export type OrderCriterion = 'aic' | 'bic';

/**
 * The order of a vector autoregression by an information criterion, every order judged on the same rows, read off one QR.
 * O(rows × (series × maxLag)²).
 *
 * @param series - standardised, of one length; NaN where missing
 * @param maxLag - >= 1
 * @returns 1 to maxLag; 1 when the rows do not suffice
 * @see Akaike (1974), doi:10.1109/TAC.1974.1100705; Schwarz (1978), doi:10.1214/aos/1176344136; Lütkepohl (2005), section 4.3
 */
export function chooseLag(series: readonly (readonly number[])[], maxLag: number, by: OrderCriterion = 'aic'): number {
  const k = series.length;
  const terms = Array.from({ length: maxLag }, (_, lag) => series.map((values) => ({ values, lag: lag + 1 }))).flat();
  const design = lagDesign(series, terms);
  if (design.rows < design.columns.length + k) return 1;
  const { r, width } = factor(design);
  const products = Matrix.zeros(k, k);
  const add = (row: number): void => {
    for (let a = 0; a < k; a++) {
      for (let b = 0; b < k; b++) {
        products.set(a, b, products.get(a, b) + r.get(row, width + a) * r.get(row, width + b));
      }
    }
  };
  for (let row = width; row < width + k; row++) add(row);
  const penalty = by === 'aic' ? 2 : ln(design.rows);
  let best = { lag: 1, criterion: Number.POSITIVE_INFINITY };
  for (let lag = maxLag; lag >= 1; lag--) {
    const criterion = logDeterminant(products, design.rows) + (penalty * (lag * k * k + k)) / design.rows;
    if (criterion <= best.criterion) best = { lag, criterion };
    for (let row = 1 + (lag - 1) * k; row < 1 + lag * k; row++) add(row);
  }
  return best.lag;
}

function logDeterminant(products: Matrix, rows: number): number {
  const cholesky = new CholeskyDecomposition(Matrix.div(products, rows));
  // Degenerate residuals say nothing about the order; the test itself will say that they are.
  if (!cholesky.isPositiveDefinite()) return Number.POSITIVE_INFINITY;
  const lower = cholesky.lowerTriangularMatrix;
  let sum = 0;
  for (let index = 0; index < products.rows; index++) sum += 2 * ln(lower.get(index, index));
  return sum;
}
