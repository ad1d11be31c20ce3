import { ln } from '../elementary/ln';
import { normalCdf } from '../distributions/tails';
import { differences, lagDesign, lagsOf, standardised } from './lag-design';
import { factor, isFullRank, isPerfectFit } from './least-squares';

/** An augmented Dickey-Fuller test with a constant. */
export interface DickeyFuller {
  /** The t value of the level; far below zero speaks against a unit root. */
  readonly statistic: number;
  /** MacKinnon's approximate p-value of a unit root. */
  readonly p: number;
  /** Lagged differences that Akaike's criterion kept. */
  readonly lags: number;
  readonly rows: number;
  /** Critical value at 5 % for so many rows. */
  readonly critical5: number;
}

/**
 * Tests a series for a unit root against stationarity about a constant level. The number of lagged differences is
 * chosen by Akaike's criterion up to Schwert's bound. O(n × bound³).
 *
 * @param values - evenly spaced, oldest first; NaN where missing: rows with a gap are left out
 * @returns undefined when it cannot be tested: constant, an exact recursion, or too short
 * @see Said and Dickey (1984), doi:10.1093/biomet/71.3.599
 * @see MacKinnon (1994), p-values, doi:10.1080/07350015.1994.10510005; (2010), critical values, Queen's Economics
 *   Department paper 1227
 */
export function dickeyFuller(values: readonly number[]): DickeyFuller | undefined {
  const scaled = standardised(values);
  if (scaled === undefined) return undefined;
  const n = values.length;
  const bound = Math.min(Math.ceil(12 * (n / 100) ** 0.25), (n >> 1) - 2);
  if (bound < 0) return undefined;
  const lags = bestLags(scaled, bound);
  const fit = regress(scaled, lags);
  if (fit === undefined) return undefined;
  return { ...fit, p: mackinnonP(fit.statistic), lags, critical5: criticalAt5(fit.rows) };
}

/** Akaike's choice among all numbers of lags up to the bound, on the rows that the bound leaves, read off one QR. */
function bestLags(values: readonly number[], bound: number): number {
  const steps = differences(values);
  // A step at index t leads from level t to level t + 1.
  const terms = [{ values, lag: 0 }, ...lagsOf(steps, 1, bound)];
  const design = lagDesign([steps], terms, bound);
  if (design.rows < design.columns.length + 1) return 0;
  const { r, width } = factor(design);
  let best = { lags: 0, criterion: Number.POSITIVE_INFINITY };
  let residual = r.get(width, width) ** 2;
  for (let lags = bound; lags >= 0; lags--) {
    const criterion =
      residual > 0 ? design.rows * ln(residual / design.rows) + 2 * (lags + 2) : Number.NEGATIVE_INFINITY;
    if (criterion <= best.criterion) best = { lags, criterion };
    residual += r.get(lags + 1, width) ** 2;
  }
  return best.lags;
}

function regress(values: readonly number[], lags: number): { statistic: number; rows: number } | undefined {
  const steps = differences(values);
  // The level stands last, so that its t value is read off the triangle.
  const design = lagDesign([steps], [...lagsOf(steps, 1, lags), { values, lag: 0 }]);
  const df = design.rows - design.columns.length;
  if (df < 1) return undefined;
  const factored = factor(design);
  if (!isFullRank(factored) || isPerfectFit(factored)) return undefined;
  const { r, width } = factored;
  const spread = Math.abs(r.get(width, width)) / Math.sqrt(df);
  return { statistic: (Math.sign(r.get(width - 1, width - 1)) * r.get(width - 1, width)) / spread, rows: design.rows };
}

/** MacKinnon's response surface for one series and a constant: a normal probability of a polynomial in the statistic. */
function mackinnonP(statistic: number): number {
  if (statistic > 2.74) return 1;
  if (statistic < -18.83) return 0;
  const z =
    statistic <= -1.61
      ? 2.1659 + statistic * (1.4412 + statistic * 0.038269)
      : 1.7339 + statistic * (0.93202 + statistic * (-0.12745 - statistic * 0.010368));
  return normalCdf(z);
}

function criticalAt5(rows: number): number {
  return -2.86154 - 2.8903 / rows - 4.234 / rows ** 2 - 40.04 / rows ** 3;
}
