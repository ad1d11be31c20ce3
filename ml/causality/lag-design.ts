/** A series as a regressor: its value `lag` observations before the one explained. */
export interface LagTerm {
  /** Evenly spaced, oldest first; NaN where a value is missing. */
  readonly values: readonly number[];
  /** >= 0. */
  readonly lag: number;
}

/** What is explained, one value a row, by columns of the same length; the first column is the constant 1. */
export interface Design {
  readonly columns: readonly Float64Array[];
  readonly targets: readonly Float64Array[];
  readonly rows: number;
}

/**
 * Rows of a regression of series on earlier values. A row with a missing value in any of its cells is left out, so that
 * a gap shortens the sample and never shifts a lag. O(rows × terms).
 *
 * @param targets - series of one length to explain
 * @param terms - regressors in the order of their columns, after the constant
 * @param from - index of the first observation that may be explained; the largest lag at least, which is the default
 */
export function lagDesign(
  targets: readonly (readonly number[])[],
  terms: readonly LagTerm[],
  from = Math.max(0, ...terms.map(({ lag }) => lag)),
): Design {
  const length = targets[0]?.length ?? 0;
  const kept: number[] = [];
  for (let t = from; t < length; t++) {
    if (
      targets.every((values) => Number.isFinite(values[t])) &&
      terms.every(({ values, lag }) => Number.isFinite(values[t - lag]))
    ) {
      kept.push(t);
    }
  }
  const pick = (values: readonly number[], lag: number): Float64Array =>
    Float64Array.from(kept, (t) => values[t - lag] as number);
  return {
    columns: [new Float64Array(kept.length).fill(1), ...terms.map(({ values, lag }) => pick(values, lag))],
    targets: targets.map((values) => pick(values, 0)),
    rows: kept.length,
  };
}

/** Terms of a series from one lag to another, both included. */
export function lagsOf(values: readonly number[], first: number, last: number): LagTerm[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => ({ values, lag: first + index }));
}

/** Differences between neighbours, one shorter; NaN beside a missing value. */
export function differences(values: readonly number[]): number[] {
  return values.slice(1).map((value, index) => value - (values[index] as number));
}

/**
 * The series with mean 0 and standard deviation 1 over what is not missing: tests of regressions with a constant do not
 * change by it, and lose no digits to a large mean. Undefined when it is constant, up to rounding, or has fewer than
 * two values.
 */
export function standardised(values: readonly number[]): number[] | undefined {
  const finite = values.filter(Number.isFinite);
  if (finite.length < 2) return undefined;
  // Scaled first, so that sums of squares neither overflow nor vanish.
  const largest = finite.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  if (largest === 0) return undefined;
  const mean = finite.reduce((sum, value) => sum + value / largest, 0) / finite.length;
  const squares = finite.reduce((sum, value) => sum + (value / largest - mean) ** 2, 0);
  const deviation = Math.sqrt(squares / finite.length);
  if (!(deviation > 1e-13 * Math.max(1, Math.abs(mean)))) return undefined;
  return values.map((value) => (value / largest - mean) / deviation);
}
