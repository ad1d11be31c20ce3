import ln from '@stdlib/math-base-special-ln';

/**
 * Evidence of a shift once the variance that it was reckoned with is itself an estimate: `(f/2)·ln(1 + 2·log/(f·c))`, which is to the likelihood ratio of a known
 * variance (`log`) what the t statistic is to the normal one. Never more than `log / c`, and nearly that once f is large; what speaks for the null hypothesis is left as
 * it is. O(1).
 *
 * @param log - natural log of an e-value for the variance expected
 * @param factor - c >= 1, the variance seen as a multiple of the expected one
 * @param freedom - f > 0, degrees of freedom that this rests on, those of a prior included
 * @see Lai (1976), doi:10.1214/aos/1176343406
 */
export function logStudentEvidence(log: number, { factor, freedom }: { factor: number; freedom: number }): number {
  if (log <= 0) return log;
  return (freedom / 2) * ln(1 + (2 * log) / (freedom * factor));
}
