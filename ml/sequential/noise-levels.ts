import { ln } from '../elementary/ln';
import { logMeanEvidence } from './mixture-evidence';

/** Below this information a block says nothing about its noise. */
const LEAST_INFORMATION = 1e-6;

/** How strong an effect's own noise between blocks may be: standard deviations, and what is believed of each beforehand. */
export interface NoiseBeliefs {
  /** Standard deviations of the effect, >= 0. */
  readonly levels: readonly number[];
  /** Natural logs of what is believed of each; the beliefs add up to 1. */
  readonly logBeliefs: readonly number[];
}

/** A block that counts for the noise and is not yet complete. */
export interface NoiseBlock {
  startAt: number;
  score: number;
  information: number;
}

/** What is remembered to weigh levels of noise against each other. Plain numbers, one for each level. */
export interface NoiseLevels {
  /** Log likelihood of the blocks so far if there is no effect, only noise of this level (less what all levels share). */
  nulls: number[];
  /** Information that is left of the blocks at this level. */
  informations: number[];
  /** The same at the noise that the evidence was reckoned with. */
  reckoned: number;
  open: NoiseBlock | null;
}

/** So many levels, of which nobody has seen a block. */
export function emptyLevels(count: number): NoiseLevels {
  const zeros = (): number[] => Array.from({ length: count }, () => 0);
  return { nulls: zeros(), informations: zeros(), reckoned: 0, open: null };
}

/** Beliefs in the proportion of these weights, > 0 each. */
export function believing(levels: readonly number[], weights: readonly number[]): NoiseBeliefs {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return { levels, logBeliefs: weights.map((weight) => ln(weight / total)) };
}

/**
 * Adds a window's score and information (its variance under the null hypothesis) to its block, in place; the block
 * before is closed. O(levels) for each block.
 *
 * @param blockStartAt - the same for all windows of a block
 * @param tempering - what the window's gains were divided by, >= 1
 */
export function addToLevels(
  noise: NoiseLevels,
  beliefs: NoiseBeliefs,
  { score, information }: Pick<NoiseBlock, 'score' | 'information'>,
  { blockStartAt, tempering }: { readonly blockStartAt: number; readonly tempering: number },
): void {
  if (noise.open !== null && noise.open.startAt !== blockStartAt) closeLevels(noise, beliefs);
  noise.open ??= { startAt: blockStartAt, score: 0, information: 0 };
  noise.open.score += score;
  noise.open.information += information;
  noise.reckoned += information / tempering;
}

/** Takes the open block for complete, in place: from now on it says how noisy blocks are. Nothing without one. O(levels). */
export function closeLevels(noise: NoiseLevels, { levels }: NoiseBeliefs): void {
  if (noise.open === null) return;
  for (let level = 0; level < levels.length; level++) {
    const { left, logNull } = ofBlock(noise.open, levels[level] as number);
    noise.informations[level] = (noise.informations[level] as number) + left;
    noise.nulls[level] = (noise.nulls[level] as number) + logNull;
  }
  noise.open = null;
}

/** A block's information and log likelihood without effect, normal with variance I·(1 + τ²I). */
function ofBlock({ score, information }: NoiseBlock, level: number): { left: number; logNull: number } {
  if (!(information > LEAST_INFORMATION)) return { left: 0, logNull: 0 };
  const noise = 1 + level * level * information;
  return { left: information / noise, logNull: -0.5 * (ln(noise) + (score * score) / (information * noise)) };
}

/**
 * Evidence of an effect once how noisy blocks are is not known: the Bayes factor over levels of noise, `Σ π E`. E is
 * the evidence at a level, which is that reckoned with the learned noise times the share of information that the level
 * leaves (never more than all); π is what is to be believed of the level if there is no effect, so that a large steady
 * effect counts as noise first, as in a t test. Where information is so little that no level matters, nothing is lost.
 * What speaks for the null hypothesis is left as it is. O(levels).
 *
 * Assumes normal blocks of about the same information each, with noise of a level drawn by the beliefs: then the chance
 * that it ever reaches 1/α is at most α over all levels, and at most α ÷ belief at each. A block not yet complete
 * counts as one, as its windows share its noise.
 *
 * @param log - natural log of an e-value, reckoned with the learned noise
 * @see Kass and Raftery (1995), doi:10.1080/01621459.1995.10476572; Robbins (1970), mixtures, doi:10.1214/aoms/1177696786
 */
export function logOverLevels(log: number, noise: NoiseLevels, { levels, logBeliefs }: NoiseBeliefs): number {
  if (log <= 0 || !(noise.reckoned > 0)) return log;
  const nulls: number[] = [];
  const products: number[] = [];
  for (let level = 0; level < levels.length; level++) {
    const open = noise.open === null ? NOTHING : ofBlock(noise.open, levels[level] as number);
    const logNull = (logBeliefs[level] as number) + (noise.nulls[level] as number) + open.logNull;
    const share = Math.min(1, ((noise.informations[level] as number) + open.left) / noise.reckoned);
    nulls.push(logNull);
    products.push(logNull + log * share);
  }
  return logMeanEvidence(products) - logMeanEvidence(nulls);
}

const NOTHING = { left: 0, logNull: 0 };
