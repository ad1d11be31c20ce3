/**
 * Where the values of one feature lay: points at which equal shares of them lie between, ties written once. Plain
 * numbers, for JSON.
 */
export interface InputSketch {
  /** Distinct values of the points, ascending. */
  readonly values: readonly number[];
  /** How many of the points have each. */
  readonly counts: readonly number[];
  /** How many of the points are missing. */
  readonly missing: number;
}

/** Points of a sketch: the share below any value is known to half of one in a thousand. */
export const SKETCH_POINTS = 1_000;

/**
 * Sketches a feature by its middle quantiles: point i of m is the smallest value below which (i + ½)/m of the weight
 * lies or that reaches it. Missing values order first, as a value of their own. O(n log n).
 *
 * @param values - NaN is missing
 * @param weights - >= 0, one for each value; alike when left out
 * @returns nothing but missing points without any weight
 */
export function sketchOf(values: ArrayLike<number>, weights?: ArrayLike<number>): InputSketch {
  const order = Array.from(values, (value, row) => ({
    value: Number.isNaN(value) ? Number.NEGATIVE_INFINITY : value,
    weight: weights?.[row] ?? 1,
  })).sort((a, b) => (a.value < b.value ? -1 : a.value > b.value ? 1 : 0));
  let total = 0;
  for (const { weight } of order) total += weight;
  const counts = new Map<number, number>();
  let [row, below] = [0, 0];
  for (let point = 0; point < SKETCH_POINTS; point++) {
    const target = ((point + 0.5) / SKETCH_POINTS) * total;
    while (row < order.length - 1 && below + (order[row]?.weight ?? 0) < target) below += order[row++]?.weight ?? 0;
    const value = total > 0 ? (order[row]?.value ?? Number.NEGATIVE_INFINITY) : Number.NEGATIVE_INFINITY;
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  const missing = counts.get(Number.NEGATIVE_INFINITY) ?? 0;
  counts.delete(Number.NEGATIVE_INFINITY);
  return { values: [...counts.keys()], counts: [...counts.values()], missing };
}

/** The points of a sketch, NaN for missing ones. O(points). */
export function pointsOf({ values, counts, missing }: InputSketch): Float64Array {
  const points: number[] = [];
  for (let point = 0; point < missing; point++) points.push(Number.NaN);
  for (const [index, value] of values.entries()) {
    for (let point = 0; point < (counts[index] ?? 0); point++) points.push(value);
  }
  return Float64Array.from(points);
}
