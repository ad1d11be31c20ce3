import { ln } from '../elementary/ln';

/** Below this product of jump, score and 1/variance the series is used: the closed form loses digits to cancellation. */
const SERIES_BELOW = 1e-3;

/**
 * Deviance (nats) of a centred sum whose increments are at most `jump`: the exponent of Bennett's inequality,
 * `(V/c²)·h(cS/V)` with `h(u) = (1+u)ln(1+u) − u`. With jump 0 it is the Gaussian `S²/(2V)`; with jump 1 and a Poisson count it
 * is the exact Poisson deviance, so that a few rare events count no more than they should. O(1).
 *
 * @param score - S, centred under the null hypothesis; a score at or below 0 has deviance 0
 * @param variance - V > 0, in squared units of the score
 * @param jump - c >= 0, largest single increment, in units of the score
 * @returns nats, >= 0; 0 when the variance is not positive
 * @see Bennett (1962), doi:10.1080/01621459.1962.10482149
 * @see Howard, Ramdas, McAuliffe, Sekhon (2020), sub-Poisson boundaries, doi:10.1214/18-PS321
 */
export function bennettDeviance(score: number, variance: number, jump: number): number {
  if (!(score > 0) || !(variance > 0)) return 0;
  const u = (jump * score) / variance;
  if (u < SERIES_BELOW) return ((score * score) / (2 * variance)) * (1 - u / 3 + (u * u) / 6);
  return (variance / (jump * jump)) * ((1 + u) * ln(1 + u) - u);
}

/**
 * What the deviance is of the Gaussian one when a score is `u` times its variance (in jumps): 2·h(u)/u², 1 for small u
 * and falling. O(1).
 *
 * @param u - >= 0
 */
export function deviancePerSquare(u: number): number {
  if (u < SERIES_BELOW) return 1 - u / 3 + (u * u) / 6;
  return (2 * ((1 + u) * ln(1 + u) - u)) / (u * u);
}
