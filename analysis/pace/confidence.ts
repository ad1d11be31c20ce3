import { exp } from '../../ml/elementary/exp';
import { ln } from '../../ml/elementary/ln';

/** A change of which nothing is known fails this often: what is believed before any evidence. */
export const UNKNOWN_FAILURE_PRIOR = 0.2;

/** Beyond this no evidence moves the odds further, so that one look can still be answered by the next. */
const MOST_LOG_EVIDENCE = 12;

/**
 * Log odds that the candidate is not within its margins: those known before, and what the evidence of harm says over
 * what the evidence of safety says. Both are e-values against 'harm at the margin', used as Bayes factors. O(1).
 *
 * @param prior - failure probability before evidence, above 0 and below 1
 * @param logHarm - natural log of the guardrails' combined evidence of harm
 * @param logSafety - natural log of the weakest guardrail's evidence of safety at full exposure
 * @see Grünwald, de Heide, Koolen (2024), Safe testing, doi:10.1093/jrsssb/qkae011: e-values as generalised Bayes factors
 */
export function failureLogOdds(prior: number, logHarm: number, logSafety: number): number {
  const harm = Math.min(MOST_LOG_EVIDENCE, Math.max(0, logHarm));
  // Safety that is not shown yet is no evidence of harm: only harm itself speaks for failure.
  const safety = Math.min(MOST_LOG_EVIDENCE, Math.max(0, logSafety));
  return ln(prior / (1 - prior)) + harm - safety;
}

/** Confidence that the candidate is within its margins: 1 less the failure probability of these log odds. O(1). */
export function confidenceOf(logOdds: number): number {
  return 1 / (1 + exp(logOdds));
}
