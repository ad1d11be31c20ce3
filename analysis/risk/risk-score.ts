import type { Comparison } from '../contrast';
import { contrastVariance } from '../contrast';
import type { RiskFinding, RiskWeights } from '../types';

/** What one metric of one segment adds to the risk: all from 0 to 1. */
export interface RiskParts {
  readonly metric: string;
  readonly segment: string;
  /** How unusual the candidate's last values are against their baseline. */
  readonly severity: number;
  /** For how long they have been. */
  readonly persistence: number;
  /** Severity and persistence are those of all metrics of the segment together, which part as they usually do not. */
  readonly together: boolean;
  /** The segment's part of the audience. */
  readonly audience: number;
  /** How much of what is worse goes with the feature rather than with everything else. */
  readonly correlation: number;
}

/**
 * The score on its scale of 0 to 100: `100 × (anomalyWeight × severity × persistence + segmentWeight × audience ×
 * correlation)`, at most 100. O(1).
 */
export function scoreOf(parts: RiskParts, { anomalyWeight, segmentWeight }: RiskWeights): number {
  const { severity, persistence, audience, correlation } = parts;
  return Math.min(100, 100 * (anomalyWeight * severity * persistence + segmentWeight * audience * correlation));
}

/** The part that scores highest, with all that went into its score; null without parts. */
export function worstRisk(parts: readonly RiskParts[], weights: RiskWeights): RiskFinding | null {
  let worst: RiskFinding | null = null;
  for (const part of parts) {
    const score = scoreOf(part, weights);
    if (worst === null || score > worst.score) worst = { ...part, ...weights, score };
  }
  return worst;
}

/**
 * How much of a harm goes with the feature: the partial correlation between arm and metric over windows, `t / √(t² +
 * windows − 1)`, t being the harm over its standard error, robust to clustered users and windows; 0 when the candidate
 * is not worse. The arms are drawn at random, so what they share is not in it.
 *
 * @see Rosenthal (1994), Parametric measures of effect size: r from t and its degrees of freedom
 */
export function featureCorrelation(comparison: Comparison): number {
  const { tally, harm } = comparison;
  if (tally.windows < 3 || !(tally.weight > 0) || harm <= 0) return 0;
  const { variance } = contrastVariance(comparison, { absolute: 0, relative: 0 }, 'harm');
  if (!(variance > 0)) return 0;
  const t = (harm * tally.weight) / Math.sqrt(variance);
  return t / Math.sqrt(t * t + tally.windows - 1);
}
