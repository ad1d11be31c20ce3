import { logOddsOf, probabilityOf } from '../models/logit';

/**
 * The probability that has the same evidence under another base rate: odds are multiplied by how much the odds of the
 * base rates differ. A model of bug-inducing commits ranks changes; under a plan's own share of failed rollouts it is a
 * probability of those.
 *
 * @param probability - under the base rate `from`
 * @param trust - share of the evidence that is kept, 0–1; 0 leaves the new base rate alone
 */
export function rebase(probability: number, from: number, to: number, trust = 1): number {
  return probabilityOf(logOddsOf(to) + trust * (logOddsOf(probability) - logOddsOf(from)));
}
