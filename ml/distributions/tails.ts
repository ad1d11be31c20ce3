import betainc from '@stdlib/math-base-special-betainc';
import erfc from '@stdlib/math-base-special-erfc';
import gammainc from '@stdlib/math-base-special-gammainc';

/**
 * P(F > f) for the F distribution, accurate far into the tail: it is computed as a tail and not as 1 − something. O(1).
 *
 * @param f - >= 0, finite
 * @param numerator - degrees of freedom, > 0
 * @param denominator - degrees of freedom, > 0
 * @see Abramowitz and Stegun (1964), 26.6.2
 */
export function fTail(f: number, numerator: number, denominator: number): number {
  if (!(f > 0)) return 1;
  return betainc(denominator / (denominator + numerator * f), denominator / 2, numerator / 2, true, false);
}

/**
 * P(X > x) for the chi-squared distribution. O(1).
 *
 * @param x - >= 0, finite
 * @param degrees - degrees of freedom, > 0
 * @see Abramowitz and Stegun (1964), 26.4.19
 */
export function chiSquaredTail(x: number, degrees: number): number {
  return x > 0 ? gammainc(x / 2, degrees / 2, true, true) : 1;
}

/** P(Z <= z) for the standard normal distribution. O(1). */
export function normalCdf(z: number): number {
  return erfc(-z / Math.SQRT2) / 2;
}
