import type { Metric } from '../../flags/plan/metric';
import { rankingOf, type ArmPair } from '../tally';
import { scoreCounts } from './score-counts';
import { scoreHistograms } from './score-histograms';
import type { EvidenceSettings } from './settings';
import { scoreValues, type ValueScale } from './score-values';

/** What one window says of one metric, beyond the margin: positive is harm. */
export interface WindowScore {
  /** Sum of what is above expectation. */
  readonly score: number;
  /** Its variance under the null hypothesis for independent requests; score ÷ information is the effect. */
  readonly information: number;
  /** Gains (natural logs of e-values) of betting on each effect of the metric's grid, for independent requests. */
  readonly gains: readonly number[];
}

/** Effects to bet on, with their natural logs. */
type Bets = Pick<EvidenceSettings, 'effects' | 'logEffects'>;

/** Scores one window, given as its strata; null when an arm has nothing. `scale` learns how values spread, in place. */
export function scoreWindow(
  metric: Metric,
  strata: readonly ArmPair[],
  bets: Bets,
  scale: ValueScale,
): WindowScore | null {
  // Nearly every window is of one stratum, whose score is then the window's.
  if (strata.length === 1) return scoreStratum(metric, strata[0] as ArmPair, bets, scale);
  let score = 0;
  let information = 0;
  let gains: readonly number[] | null = null;
  for (const pair of strata) {
    const one = scoreStratum(metric, pair, bets, scale);
    if (one === null) continue;
    score += one.score;
    information += one.information;
    gains = gains === null ? one.gains : gains.map((gain, effect) => gain + (one.gains[effect] as number));
  }
  return gains === null ? null : { score, information, gains };
}

function scoreStratum(
  metric: Metric,
  pair: ArmPair,
  { effects, logEffects }: Bets,
  scale: ValueScale,
): WindowScore | null {
  if (!(pair.candidate.units > 0) || !(pair.control.units > 0)) return null;
  switch (metric.kind) {
    case 'error_rate':
    case 'slower_than':
    case 'events_per_exposure':
      return scoreCounts(pair, rankingOf(metric), effects, metric.kind !== 'events_per_exposure', logEffects);
    case 'quantile':
    case 'distribution':
      return scoreHistograms(metric, pair, effects);
    case 'mean_value':
    case 'ratio':
      return scoreValues(pair, rankingOf(metric), effects, scale);
  }
}
