/**
 * Average precision, the area under the steps of the precision-recall curve; tied scores are one step. O(n log n).
 *
 * @param scores - higher means more likely positive
 * @param labels - 0 or 1, same order
 * @returns in [0, 1]; NaN without a positive row
 */
export function averagePrecision(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  const order = descending(scores);
  let positives = 0;
  let area = 0;
  for (let from = 0; from < order.length;) {
    const score = scores[order[from] as number] as number;
    let to = from;
    let tied = 0;
    while (to < order.length && scores[order[to] as number] === score) {
      tied += labels[order[to] as number] as number;
      to += 1;
    }
    positives += tied;
    area += tied * (positives / to);
    from = to;
  }
  return positives === 0 ? Number.NaN : area / positives;
}

/** Brier score: mean squared distance of probability and label, in [0, 1], lower is better; NaN without rows. O(n). */
export function brierScore(probabilities: ArrayLike<number>, labels: ArrayLike<number>): number {
  let sum = 0;
  for (let row = 0; row < probabilities.length; row++) {
    const distance = (probabilities[row] as number) - (labels[row] as number);
    sum += distance * distance;
  }
  return sum / probabilities.length;
}

/**
 * Log loss: mean of minus the log of what was said of what happened, in nats, lower is better; certainty is cut at
 * 1e-6. NaN without rows. O(n).
 */
export function logLoss(probabilities: ArrayLike<number>, labels: ArrayLike<number>): number {
  let sum = 0;
  for (let row = 0; row < probabilities.length; row++) {
    const said = Math.min(1 - 1e-6, Math.max(1e-6, probabilities[row] as number));
    sum -= Math.log(labels[row] === 1 ? said : 1 - said);
  }
  return sum / probabilities.length;
}

/**
 * Share of all positive rows among those that are inspected first, by falling risk for each unit of effort, until a
 * share of the total effort is spent. The row that crosses the limit counts no more. O(n log n).
 *
 * @param probabilities - risk of each row
 * @param labels - 0 or 1
 * @param effort - cost of inspecting each row, such as lines changed; below 1 it counts as 1
 * @param share - of the whole effort, in (0, 1]
 * @returns in [0, 1]; NaN without a positive row
 * @see Kamei et al. (2013), doi:10.1109/TSE.2012.70
 */
export function effortAwareRecall(
  probabilities: ArrayLike<number>,
  labels: ArrayLike<number>,
  effort: ArrayLike<number>,
  share: number,
): number {
  const cost = Float64Array.from({ length: labels.length }, (_, row) => Math.max(1, effort[row] as number) || 1);
  const order = descending(cost.map((spent, row) => (probabilities[row] as number) / spent));
  let left = share * cost.reduce((sum, spent) => sum + spent, 0);
  let found = 0;
  let positives = 0;
  for (const row of order) {
    left -= cost[row] as number;
    const label = labels[row] as number;
    positives += label;
    if (left >= 0) found += label;
  }
  return positives === 0 ? Number.NaN : found / positives;
}

function descending(scores: ArrayLike<number>): Uint32Array {
  return Uint32Array.from({ length: scores.length }, (_, row) => row).sort(
    (a, b) => (scores[b] as number) - (scores[a] as number) || a - b,
  );
}
