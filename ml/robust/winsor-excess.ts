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
