/**
 * How much of a sum rests on its two largest terms alone: what goes when they are clipped to the third largest. With fewer than
 * three terms nothing is left to agree, so the whole positive sum goes. O(n).
 *
 * @param count - how many terms
 * @param termAt - the finite value of each index from 0
 * @returns >= 0; subtracted from a sum, it leaves what at least three terms agree on
 * @see Tukey (1962), winsorising, doi:10.1214/aoms/1177704711
 */
export function winsorExcess(count: number, termAt: (index: number) => number): number {
  let first = Number.NEGATIVE_INFINITY;
  let second = Number.NEGATIVE_INFINITY;
  let third = Number.NEGATIVE_INFINITY;
  let sum = 0;
  for (let index = 0; index < count; index++) {
    const term = termAt(index);
    sum += term;
    if (term > first) {
      third = second;
      second = first;
      first = term;
    } else if (term > second) {
      third = second;
      second = term;
    } else if (term > third) third = term;
  }
  if (count < 3) return Math.max(0, sum);
  return first - third + (second - third);
}

/**
 * The same for terms `factor × (influence − slope × size)` of clusters. A loop of its own, as it is asked tens of times
 * for each bound of an interval and a callback for each cluster takes several times as long. O(n).
 *
 * @param influences - at least three, finite
 * @param sizes - one for each; none when left out
 */
export function winsorExcessOfClusters(
  influences: Float32Array,
  factor: number,
  { sizes, slope }: { readonly sizes: Float32Array; readonly slope: number } | NoSizes = NO_SIZES,
): number {
  let first = Number.NEGATIVE_INFINITY;
  let second = Number.NEGATIVE_INFINITY;
  let third = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < influences.length; index++) {
    const influence = influences[index] as number;
    const term = factor * (sizes === null ? influence : influence - slope * (sizes[index] as number));
    // Most terms are none of the three largest, and end at this comparison.
    if (!(term > third)) continue;
    if (term > first) {
      third = second;
      second = first;
      first = term;
    } else if (term > second) {
      third = second;
      second = term;
    } else third = term;
  }
  return first - third + (second - third);
}

interface NoSizes {
  readonly sizes: null;
  readonly slope: number;
}

const NO_SIZES: NoSizes = { sizes: null, slope: 0 };
