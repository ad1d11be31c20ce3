import { ln } from '../elementary/ln';

/**
 * The e-BH procedure: which of several hypotheses are rejected so that the expected share of false ones among them is
 * at most `rate`, whatever the e-values have to do with each other. Rejects the k largest e-values for the largest k
 * with `e_(k) >= n / (rate·k)`. O(n log n).
 *
 * @param logEvidence - natural log of one e-value for each hypothesis; -Infinity is an e-value of 0; ties are rejected together
 * @param rate - false-discovery rate, above 0 and below 1
 * @returns indexes of the rejected, ascending; none for no hypotheses
 * @see Wang and Ramdas (2022), False discovery rate control with e-values, doi:10.1111/rssb.12489
 */
export function rejectByEvidence(logEvidence: readonly number[], rate: number): number[] {
  const count = logEvidence.length;
  const sorted = logEvidence.toSorted((a, b) => b - a);
  let bar = Number.POSITIVE_INFINITY;
  for (const [index, log] of sorted.entries()) {
    if (log >= ln(count / (rate * (index + 1)))) bar = log;
  }
  return logEvidence.flatMap((log, index) => (log >= bar ? [index] : []));
}
