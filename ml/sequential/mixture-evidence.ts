import erfc from '@stdlib/math-base-special-erfc';
import { exp } from '../elementary/exp';
import { ln } from '../elementary/ln';

/**
 * Evidence (natural log of an e-value) of a one-sided normal mixture for a standardised score `z` after `information` units:
 * the integral of `exp(λS − λ²V/2)` over a half-normal λ > 0 of precision `scale`, with V = information and S = z·√V. O(1).
 *
 * Under the null hypothesis (mean of S at or below 0, variance at most V) it is a supermartingale that starts at 1, so
 * the chance that it ever reaches 1/α is at most α however often one looks (Ville's inequality).
 *
 * @param z - signed standardised score; an infinite score gives infinite evidence of its sign
 * @param information - units seen so far, >= 0; the clock of the process
 * @param scale - units after which the mixture is most sensitive, > 0
 * @returns natural log of the e-value; 0 without information
 * @see Robbins (1970), doi:10.1214/aoms/1177696786
 * @see Howard, Ramdas, McAuliffe, Sekhon (2021), one-sided normal mixture, doi:10.1214/20-AOS1991
 */
export function logMixtureEvidence(z: number, information: number, scale: number): number {
  if (!(information > 0)) return 0;
  const share = information / (information + scale);
  const tail = erfc(-z * Math.sqrt(share / 2));
  if (tail <= 0) return Number.NEGATIVE_INFINITY;
  return 0.5 * ln(1 - share) + 0.5 * share * z * z + ln(tail);
}

/**
 * Natural log of the weighted mean of e-values given by their logs, without overflow. The mean of e-values is an
 * e-value under any dependence among them. O(n).
 *
 * @param logs - natural logs; -Infinity is an e-value of 0
 * @param weights - one for each, >= 0, adding up to at most 1; equal weights when left out
 * @returns natural log of the mean; 0 (no evidence) for an empty list
 * @see Vovk and Wang (2021), doi:10.1214/20-AOS2020
 */
export function logMeanEvidence(logs: readonly number[], weights?: readonly number[]): number {
  if (logs.length === 0) return 0;
  let largest = Number.NEGATIVE_INFINITY;
  for (const log of logs) largest = Math.max(largest, log);
  if (!Number.isFinite(largest)) return largest;
  let sum = 0;
  for (let index = 0; index < logs.length; index++) {
    sum += (weights?.[index] ?? 1 / logs.length) * exp((logs[index] as number) - largest);
  }
  return sum > 0 ? largest + ln(sum) : Number.NEGATIVE_INFINITY;
}

/** Largest e-value written down: JSON has no infinity. */
const LARGEST_EVIDENCE = 1e300;

/** The e-value of a natural log, bounded so that JSON can carry it. */
export function evidenceOf(log: number): number {
  return log >= ln(LARGEST_EVIDENCE) ? LARGEST_EVIDENCE : exp(log);
}
