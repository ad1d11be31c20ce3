/** Shifts of log odds that are looked for: ends fail this much more or less often than was said. */
const SHIFTS = [-1.5, -1, -0.5, 0.5, 1, 1.5] as const;
/** Certainty is cut here. */
const LEAST = 1e-4;
const MOST_EVIDENCE = 1e300;

/**
 * The strongest evidence there ever was that ends did not follow the probabilities that were said of them: likelihood ratios of shifted log odds, averaged over six
 * shifts and over every row at which the shift may have begun (weight 1 / (k (k + 1)) of the k-th). While each probability is right given the past of its row this is the
 * maximum of a martingale that begins at 1: that it reaches 1/α has a chance of at most α, however often one looks (Ville). O(6n).
 *
 * A shift that begins at row k must outweigh its weight first, so one that begins late is found later. Failing at the said rate but on other rows is not found.
 *
 * @param probabilities - said before each end, in the order of the ends
 * @param labels - 0 or 1, same order
 * @returns an e-value, 1 without rows
 * @see Ville (1939), Étude critique de la notion de collectif
 */
export function calibrationEvidence(probabilities: ArrayLike<number>, labels: ArrayLike<number>): number {
  const sums = SHIFTS.map(() => 0);
  let most = 1;
  for (let row = 0; row < labels.length; row++) {
    const said = Math.min(1 - LEAST, Math.max(LEAST, probabilities[row] as number));
    const begins = 1 / ((row + 1) * (row + 2));
    let total = 0;
    SHIFTS.forEach((shift, at) => {
      // With odds o and shift s the ratio of a failure is e^s / (1 + p (e^s − 1)), that of a success 1 / the same.
      const spread = 1 + said * Math.expm1(shift);
      const ratio = labels[row] === 1 ? Math.exp(shift) / spread : 1 / spread;
      sums[at] = Math.min(MOST_EVIDENCE, ((sums[at] as number) + begins) * ratio);
      total += sums[at];
    });
    // What has not begun yet counts as 1.
    most = Math.max(most, total / SHIFTS.length + 1 / (row + 2));
  }
  return most;
}
