import { strongestEvidence } from '../sequential/shifting-bets';

/** Shifts of log odds that are looked for: ends fail this much more or less often than was said. */
const SHIFTS = [-1.5, -1, -0.5, 0.5, 1, 1.5] as const;
/** Certainty is cut here. */
const LEAST = 1e-4;

/**
 * The strongest evidence there ever was that ends did not follow the probabilities that were said of them: likelihood
 * ratios of shifted log odds, averaged over six shifts and over every row at which the shift may have begun ({@link
 * strongestEvidence}). While each probability is right given the past of its row, that it reaches 1/α has a chance of
 * at most α, however often one looks. O(6n).
 *
 * Failing at the said rate but on other rows is not found.
 *
 * @param probabilities - said before each end, in the order of the ends
 * @param labels - 0 or 1, same order
 * @returns an e-value, 1 without rows
 */
export function calibrationEvidence(probabilities: ArrayLike<number>, labels: ArrayLike<number>): number {
  return strongestEvidence(labels.length, SHIFTS.length, (bet, row) => {
    const shift = SHIFTS[bet] as number;
    const said = Math.min(1 - LEAST, Math.max(LEAST, probabilities[row] as number));
    // With odds o and shift s the ratio of a failure is e^s / (1 + p (e^s − 1)), that of a success 1 / the same.
    const spread = 1 + said * Math.expm1(shift);
    return labels[row] === 1 ? Math.exp(shift) / spread : 1 / spread;
  });
}
