/**
 * Stakes of the bets, each a share of what one rollout could win at most; small ones find steady small gains, large
 * ones large gains soon.
 */
const STAKES = [0.05, 0.1, 0.2, 0.4, 0.8] as const;

/**
 * Evidence that a challenger's probabilities have the lower expected Brier score: the mean over five stakes of the products of
 * `1 + stake × (squared error of the standing one − squared error of the challenger)`. While the challenger is no
 * better, given the past of each row, it is a supermartingale that begins at 1: that it ever reaches 1/α has a chance
 * of at most α, however often one looks (Ville). O(5n).
 *
 * @param standing - probabilities of who decides, in the order in which rows became known; none is NaN
 * @param challenger - of the same rows
 * @param labels - 0 or 1, same order
 * @returns an e-value, 1 without rows
 * @see Henzi and Ziegel (2022), doi:10.1093/biomet/asab047
 * @see Waudby-Smith and Ramdas (2024), doi:10.1093/jrsssb/qkad009
 */
export function superiorityEvidence(
  standing: ArrayLike<number>,
  challenger: ArrayLike<number>,
  labels: ArrayLike<number>,
): number {
  const logs = STAKES.map(() => 0);
  for (let row = 0; row < labels.length; row++) {
    const label = labels[row] as number;
    const gain = ((standing[row] as number) - label) ** 2 - ((challenger[row] as number) - label) ** 2;
    STAKES.forEach((stake, at) => (logs[at] = (logs[at] as number) + Math.log1p(stake * gain)));
  }
  return logs.reduce((sum, log) => sum + Math.exp(Math.min(700, log)), 0) / STAKES.length;
}
