/** `bh` holds under independence and the usual positive dependence, `by` under any. */
export type DiscoveryControl = 'bh' | 'by';

/**
 * P-values adjusted so that calling everything at or below q a finding keeps the expected share of false findings at q.
 * O(n log n).
 *
 * @param pValues - 0 to 1, in any order
 * @returns in the order given, each >= its p-value and <= 1
 * @see Benjamini and Hochberg (1995), doi:10.1111/j.2517-6161.1995.tb02031.x; Benjamini and Yekutieli (2001),
 *   doi:10.1214/aos/1013699998
 */
export function adjustedForDiscovery(pValues: readonly number[], control: DiscoveryControl = 'bh'): number[] {
  const n = pValues.length;
  const order = pValues.map((_, index) => index).sort((a, b) => (pValues[b] as number) - (pValues[a] as number));
  let factor = n;
  if (control === 'by') factor *= pValues.reduce((sum, _, index) => sum + 1 / (index + 1), 0);
  const adjusted = new Array<number>(n);
  let smallest = 1;
  for (const [position, index] of order.entries()) {
    const rank = n - position;
    smallest = Math.min(smallest, ((pValues[index] as number) * factor) / rank);
    adjusted[index] = smallest;
  }
  return adjusted;
}
