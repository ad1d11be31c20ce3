/**
 * Area under the ROC curve: the chance that a positive row scores above a negative one, ties counting half. O(n log n).
 *
 * @param scores - higher means more likely positive
 * @param labels - 0 or 1, same order
 * @returns in [0, 1]; NaN without rows of both classes, where it has no meaning
 * @see Hanley and McNeil (1982), doi:10.1148/radiology.143.1.7063747
 */
export function areaUnderRoc(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  const order = Uint32Array.from({ length: scores.length }, (_, index) => index).sort(
    (a, b) => (scores[a] as number) - (scores[b] as number),
  );
  let ranks = 0;
  let positives = 0;
  for (let from = 0; from < order.length;) {
    const score = scores[order[from] as number] as number;
    let to = from;
    let tied = 0;
    while (to < order.length && scores[order[to] as number] === score) {
      tied += labels[order[to] as number] as number;
      to += 1;
    }
    // Ranks from `from + 1` to `to`, each tied row getting their mean.
    ranks += tied * ((from + 1 + to) / 2);
    positives += tied;
    from = to;
  }
  const negatives = order.length - positives;
  if (positives === 0 || negatives === 0) return Number.NaN;
  return (ranks - (positives * (positives + 1)) / 2) / (positives * negatives);
}
