/** The bin of a value that is missing. */
export const MISSING_BIN = 255;
/** Bins of known values are 0 to 254, so a column has at most this many cuts between them. */
const MAX_CUTS = 254;

/**
 * Cuts that divide a column's known values into at most 255 bins: between each two distinct values when there are few, else at
 * quantiles. O(n log n).
 *
 * @param column - values in any order; NaN is missing
 * @returns ascending cuts; empty for a column of one value or none
 */
export function fitCuts(column: Float64Array): Float64Array {
  const known = column.filter((value) => !Number.isNaN(value)).sort();
  const distinct = countDistinct(known);
  const cuts: number[] = [];
  const step = distinct - 1 <= MAX_CUTS ? 0 : known.length / (MAX_CUTS + 1);
  let next = step;
  for (let index = 1; index < known.length; index++) {
    const low = known[index - 1] as number;
    const high = known[index] as number;
    if (low === high || index < next) continue;
    cuts.push(between(low, high));
    // A value that fills several quantiles alone takes one bin; the others stay where they are.
    while (step > 0 && next <= index) next += step;
  }
  return Float64Array.from(cuts.slice(0, MAX_CUTS));
}

/** Bin of one value: how many cuts lie below it. O(log cuts). */
export function binOf(value: number, cuts: Float64Array): number {
  if (value !== value) return MISSING_BIN;
  let low = 0;
  let high = cuts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value > (cuts[middle] as number)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Cuts followed by infinities up to one less than a power of two, for {@link binOfPadded}. */
export function padCuts(cuts: Float64Array): Float64Array {
  let size = 1;
  while (size - 1 < cuts.length) size *= 2;
  const padded = new Float64Array(size - 1).fill(Number.POSITIVE_INFINITY);
  padded.set(cuts);
  return padded;
}

/** The same as {@link binOf}, by as many steps for every value and without branches that a processor cannot guess. */
export function binOfPadded(value: number, padded: Float64Array): number {
  if (value !== value) return MISSING_BIN;
  let bin = 0;
  for (let step = (padded.length + 1) >> 1; step > 0; step >>= 1) {
    bin += step & -Number(value > (padded[bin + step - 1] as number));
  }
  return bin;
}

/** Bins of a column. O(n log cuts). */
export function binColumn(column: Float64Array, cuts: Float64Array): Uint8Array {
  const bins = new Uint8Array(column.length);
  for (let row = 0; row < column.length; row++) bins[row] = binOf(column[row] as number, cuts);
  return bins;
}

function countDistinct(sorted: Float64Array): number {
  let count = sorted.length > 0 ? 1 : 0;
  for (let index = 1; index < sorted.length; index++) if (sorted[index] !== sorted[index - 1]) count += 1;
  return count;
}

/** The middle, unless rounding lands on the higher value, which must fall above the cut. */
function between(low: number, high: number): number {
  const middle = low / 2 + high / 2;
  return middle < high ? middle : low;
}
