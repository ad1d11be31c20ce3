import { squaresAround, type ArmPair, type Ranking } from '../tally';
import type { WindowScore } from './window-score';

/** How single values spread around their window's level in each arm, as seen so far. */
export interface ValueScale {
  candidateSquares: number;
  candidateFreedom: number;
  controlSquares: number;
  controlFreedom: number;
}

/** A spread nobody has seen yet. */
export function emptyScale(): ValueScale {
  return { candidateSquares: 0, candidateFreedom: 0, controlSquares: 0, controlFreedom: 0 };
}

/** Where values spread more than this many times their level, effects are counted in the spread instead of the level. */
const WIDEST_SPREAD = 100;

/**
 * Scores a stratum of summed values or of a ratio of sums by the difference of levels beyond the margin, relative to
 * the control's level. The variance is the delta method's with both sums' squares (their covariance is not known
 * without single requests, and left out: larger when they grow together). O(effects).
 *
 * @param effects - relative effects, > 0 each
 */
export function scoreValues(
  { candidate, control }: ArmPair,
  { sign, absolute, relative }: Ranking,
  effects: readonly number[],
  scale: ValueScale,
): WindowScore | null {
  const level = control.sum / control.units;
  scale.candidateSquares += squaresAround(candidate);
  scale.candidateFreedom += Math.max(0, candidate.units - 1);
  scale.controlSquares += squaresAround(control);
  scale.controlFreedom += Math.max(0, control.units - 1);
  // Under the null hypothesis both arms spread alike, so the larger arm helps the smaller; the wider of the two counts.
  const freedom = scale.candidateFreedom + scale.controlFreedom;
  if (!(freedom > 0)) return null;
  const pooled = (scale.candidateSquares + scale.controlSquares) / freedom;
  const own = scale.candidateFreedom > 30 ? scale.candidateSquares / scale.candidateFreedom : 0;
  const variance = Math.max(pooled, own) / candidate.units + (1 + relative) ** 2 * (pooled / control.units);
  const unit = Math.max(Math.abs(level), Math.sqrt(pooled) / WIDEST_SPREAD);
  if (!(variance > 0) || !(unit > 0)) return null;
  const harm = (sign * (candidate.sum / candidate.units - level) - absolute - relative * Math.abs(level)) / unit;
  const information = (unit * unit) / variance;
  const score = harm * information;
  return {
    score,
    information,
    gains: effects.map((effect) => effect * score - (effect * effect * information) / 2),
  };
}
