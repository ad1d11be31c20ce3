import type { PaceFinding, PacePlan } from '../types';

/** From this confidence on the rollout moves rapidly, */
const RAPID_FROM = 0.9;
/** moderately from this one on; below it waits, */
const MODERATE_FROM = 0.6;
/** and below this one goes back. */
export const BACK_BELOW = 0.3;

/** Points that a moderate move adds below half of the audience and from there on. */
const STRIDE = { below: 10, above: 5 } as const;
/** A rapid move is so many moderate ones at once, up to the weight from which it completes. */
const RAPID_STRIDES = 3;
const HALF = 50;
/** A rapid rollout bakes each weight for this part of the plan's bake, and never for fewer windows than a verdict needs. */
const RAPID_BAKE = 0.25;
const FEWEST_WINDOWS = 4;

/** How fast a rollout of this confidence moves. */
export function speedOf(confidence: number): PaceFinding['speed'] {
  if (confidence >= RAPID_FROM) return 'rapid';
  if (confidence >= MODERATE_FROM) return 'moderate';
  return confidence >= BACK_BELOW ? 'pause' : 'back';
}

/**
 * Weights that may come next, the boldest first: safety decides which. A rapid rollout completes from half of the
 * audience on, as the default steps do; a moderate one goes up to the completion weight by single strides.
 */
export function nextWeights(weight: number, speed: PaceFinding['speed'], completionWeight: number): number[] {
  const stride = weight < HALF ? STRIDE.below : STRIDE.above;
  const moderate = Math.min(completionWeight, rounded(weight + stride));
  if (speed !== 'rapid') return [moderate];
  const bold = weight >= HALF ? completionWeight : Math.min(HALF, rounded(weight + RAPID_STRIDES * stride));
  return bold > moderate ? [bold, moderate] : [moderate];
}

/** How long the present weight is baked: the plan's time, or a quarter of it while confidence is high. */
export function bakeMsOf(planBakeMs: number, speed: PaceFinding['speed'], windowMs: number): number {
  if (speed !== 'rapid') return planBakeMs;
  return Math.min(planBakeMs, Math.max(Math.round(planBakeMs * RAPID_BAKE), FEWEST_WINDOWS * windowMs));
}

/**
 * Time to the next look: the longest interval when nothing is critical and all is certain, the shortest when either is
 * at its worst.
 *
 * @param criticality - 0 to 1: how close to harm or risk the last look came
 * @param confidence - 0 to 1; uncertainty is greatest at one half
 */
export function intervalMsOf(
  { shortestMs, longestMs }: PacePlan['look'],
  criticality: number,
  confidence: number,
): number {
  const uncertainty = 1 - Math.abs(2 * confidence - 1);
  const calm = (1 - Math.min(1, Math.max(0, criticality))) * (1 - uncertainty);
  return Math.round(shortestMs + (longestMs - shortestMs) * calm);
}

function rounded(weight: number): number {
  return Math.round(weight * 1000) / 1000;
}
