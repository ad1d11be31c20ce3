import { exp } from '../elementary/exp';
import { ln } from '../elementary/ln';

/** Probability of log odds. Exactly the same on every machine, which `Math.exp` does not promise. */
export function probabilityOf(logOdds: number): number {
  return logOdds >= 0 ? 1 / (1 + exp(-logOdds)) : 1 - 1 / (1 + exp(logOdds));
}

/** Log odds of a probability that is kept `margin` away from 0 and 1. */
export function logOddsOf(probability: number, margin = 1e-6): number {
  const kept = Math.min(1 - margin, Math.max(margin, probability));
  return ln(kept / (1 - kept));
}

/** `sign(x)·ln(1 + |x|)`: brings counts and durations of any size to comparable spread; 0 stays 0, NaN stays NaN. */
export function signedLog(value: number): number {
  return value < 0 ? -ln(1 - value) : ln(1 + value);
}

/** The value whose signed log this is. */
export function unsignedLog(log: number): number {
  return log < 0 ? 1 - exp(-log) : exp(log) - 1;
}
