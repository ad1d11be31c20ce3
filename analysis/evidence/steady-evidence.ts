import { addLag, dependenceFactor, emptyLags, type LagNoise } from '../../ml/robust/lag-noise';
import { logRobustEvidence } from '../../ml/sequential/robust-evidence';
import { deviancePerSquare } from '../../ml/sequential/bennett-deviance';
import type { EvidenceSettings } from './settings';

/** Fewest blocks a rollback rests on. */
const FEWEST_BLOCKS = 3;
/** Blocks without surprise that the expected noise is worth. */
const PRIOR_BLOCKS = 6;
/** Least share of the expected noise that is ever believed. */
const LEAST_NOISE = 0.6;
/** Least variance of a block that residuals are divided by. */
const LEAST_VARIANCE = 0.05;

/** Sums over blocks of one metric. A block's score and information are divided by its expected noise, 1 + τ² × information. */
export interface SteadySums {
  blocks: number;
  score: number;
  variance: number;
  information: number;
  /** Σ score²/v, Σ score·v/v, Σ v²/v, with v at least a little. */
  scoreSquares: number;
  scoreVariance: number;
  varianceSquares: number;
  /** Scores of the blocks most to harm, beyond the fixed tolerance, largest first; one more than are clipped. */
  extremes: number[];
  lags: LagNoise;
}

/** Nothing seen. */
export function emptySteady(): SteadySums {
  return {
    blocks: 0,
    score: 0,
    variance: 0,
    information: 0,
    scoreSquares: 0,
    scoreVariance: 0,
    varianceSquares: 0,
    extremes: [],
    lags: emptyLags(),
  };
}

/** Adds one block, in place. O(1). */
export function addBlock(sums: SteadySums, score: number, information: number, settings: EvidenceSettings): void {
  if (!(information > 1e-6)) return;
  const noise = 1 + settings.steadyNoise * settings.steadyNoise * information;
  const tempered = score / noise;
  const variance = information / noise;
  const divisor = Math.max(variance, LEAST_VARIANCE);
  sums.blocks += 1;
  sums.score += tempered;
  sums.variance += variance;
  sums.information += information;
  sums.scoreSquares += (tempered * tempered) / divisor;
  sums.scoreVariance += (tempered * variance) / divisor;
  sums.varianceSquares += (variance * variance) / divisor;
  insertExtreme(sums.extremes, tempered - settings.tolerance * variance, settings.clipped + 1);
  addLag(sums.lags, tempered / Math.sqrt(divisor));
}

/** Keeps the `most` largest, largest first, in place; most blocks are none of them. */
function insertExtreme(extremes: number[], value: number, most: number): void {
  if (extremes.length >= most && !(value > (extremes[extremes.length - 1] as number))) return;
  let at = extremes.length;
  for (; at > 0 && value > (extremes[at - 1] as number); at--) extremes[at] = extremes[at - 1] as number;
  extremes[at] = value;
  while (extremes.length > most) extremes.pop();
}

/** What steady evidence takes from outside its own blocks. */
export interface SteadyDoubts {
  /** Effect tolerated beyond the margin. */
  readonly tolerance: number;
  /** Worst blocks that are clipped to the next one; where users are not told apart there must be such a next one. */
  readonly clipped: number;
  readonly hasCells: boolean;
  /** How many times independent requests' variance users make, >= 1; 1 when users are not told apart. */
  readonly designEffect: number;
}

/**
 * Evidence (natural log of an e-value) of a harm that persists over minutes, whatever their noise: a sequential t
 * mixture over blocks of a minute, with the worst blocks clipped, dependence between neighbours and clustering of users
 * divided out. O(1).
 */
export function logSteadyEvidence(
  sums: SteadySums,
  settings: EvidenceSettings,
  { tolerance, clipped, hasCells, designEffect }: SteadyDoubts,
): number {
  const fewest = hasCells ? FEWEST_BLOCKS : Math.max(FEWEST_BLOCKS, clipped + 1);
  if (sums.blocks < fewest || !(sums.variance > 0)) return 0;
  const beyond = sums.score - tolerance * sums.variance - clippedAway(sums.extremes, clipped);
  const shift = sums.score / sums.variance;
  let residuals = Math.max(
    0,
    sums.scoreSquares - 2 * shift * sums.scoreVariance + shift * shift * sums.varianceSquares,
  );
  let deviance = (beyond * beyond) / sums.variance;
  if (settings.isRare && beyond > 0) {
    // Rare events are skewed and vary with their own rate: the Poisson deviance, and residuals at the rate seen.
    const noise = 1 + (settings.steadyNoise * settings.steadyNoise * sums.information) / sums.blocks;
    deviance *= deviancePerSquare(beyond / sums.variance / noise);
    residuals /= 1 + Math.max(0, shift) / noise;
  }
  // Blocks of hardly any events have hardly any residuals, which says nothing about their noise.
  residuals = Math.max(residuals, LEAST_NOISE * (PRIOR_BLOCKS + sums.blocks) - PRIOR_BLOCKS);
  const seen = Math.max(1, (residuals + PRIOR_BLOCKS) / (PRIOR_BLOCKS + sums.blocks));
  const doubts = dependenceFactor(sums.lags) * Math.max(1, designEffect / seen);
  return logRobustEvidence({
    blocks: sums.blocks,
    deviance: deviance / doubts,
    isHarm: beyond > 0,
    residuals,
    prior: PRIOR_BLOCKS,
  });
}

/** What goes when the worst blocks are clipped to the next one; to the mildest while there are no more. */
function clippedAway(extremes: readonly number[], clipped: number): number {
  const next = Math.max(0, extremes[Math.min(clipped, extremes.length - 1)] ?? 0);
  let sum = 0;
  for (let index = 0; index < clipped && index < extremes.length; index++) {
    sum += Math.max(0, (extremes[index] as number) - next);
  }
  return sum;
}
