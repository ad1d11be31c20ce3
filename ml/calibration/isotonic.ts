/**
 * A calibration by steps that never fall: scores from `at[i]` on up to the next are worth `value[i]`; straight lines
 * between.
 */
export interface Isotonic {
  /** Ascending scores. */
  readonly at: readonly number[];
  /** Probabilities at them, never falling. */
  readonly value: readonly number[];
}

/**
 * Isotonic regression by pooling adjacent violators. Each pool stands at its mean score, and scores between pools are
 * interpolated, so that ranks survive. O(n log n).
 *
 * @param scores - n >= 1 scores, in any order
 * @param labels - 0 or 1, same order
 * @see Zadrozny and Elkan (2002), doi:10.1145/775047.775151
 */
export function fitIsotonic(scores: ArrayLike<number>, labels: ArrayLike<number>): Isotonic {
  const order = Uint32Array.from({ length: scores.length }, (_, row) => row).sort(
    (a, b) => (scores[a] as number) - (scores[b] as number),
  );
  const pools: { rows: number; positives: number; scores: number; last: number }[] = [];
  for (const row of order) {
    const score = scores[row] as number;
    const top = pools[pools.length - 1];
    // Equal scores cannot be told apart.
    if (top !== undefined && top.last === score) {
      top.rows += 1;
      top.positives += labels[row] as number;
      top.scores += score;
    } else {
      pools.push({ rows: 1, positives: labels[row] as number, scores: score, last: score });
    }
  }
  const kept: typeof pools = [];
  for (const pool of pools) {
    kept.push({ ...pool });
    for (;;) {
      const last = kept[kept.length - 1];
      const before = kept[kept.length - 2];
      if (last === undefined || before === undefined) break;
      if (before.positives * last.rows < last.positives * before.rows) break;
      before.rows += last.rows;
      before.positives += last.positives;
      before.scores += last.scores;
      kept.pop();
    }
  }
  return {
    at: kept.map((pool) => pool.scores / pool.rows),
    value: kept.map((pool) => pool.positives / pool.rows),
  };
}

/** The calibrated probability; beyond the ends that of the end. O(log n). */
export function applyIsotonic({ at, value }: Isotonic, score: number): number {
  let low = 0;
  let high = at.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((at[middle] as number) <= score) low = middle + 1;
    else high = middle;
  }
  if (low === 0) return value[0] ?? score;
  const from = at[low - 1] as number;
  const below = value[low - 1] as number;
  const to = at[low];
  if (to === undefined) return below;
  return below + ((score - from) / (to - from)) * ((value[low] as number) - below);
}
