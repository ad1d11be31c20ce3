/** What is remembered to learn how much an effect varies between blocks beyond chance. */
export interface EffectNoise {
  excess: number;
  weight: number;
  /** Effect and its chance variance in the last block. */
  effect: number;
  variance: number;
}

/** Noise nobody has seen yet. */
export function emptyNoise(): EffectNoise {
  return { excess: 0, weight: 0, effect: 0, variance: 0 };
}

/**
 * Adds one block's score and information (its variance under the null hypothesis), in place: half the squared
 * difference of successive effects, less what chance makes. An effect that begins and stays is one difference only, so
 * it does not hide itself. O(1).
 *
 * @param typical - standard deviation of the effect at which the weights are best
 * @see von Neumann (1941), doi:10.1214/aoms/1177731677
 */
export function addEffect(noise: EffectNoise, score: number, information: number, typical: number): void {
  if (!(information > 1e-6)) return;
  const effect = score / information;
  const variance = 1 / information;
  if (noise.variance > 0) {
    const chance = variance + noise.variance;
    const spread = chance + 2 * typical * typical;
    const weight = 1 / (spread * spread);
    const step = effect - noise.effect;
    noise.excess += (weight * (step * step - chance)) / 2;
    noise.weight += weight;
  }
  noise.effect = effect;
  noise.variance = variance;
}

/**
 * Variance of the effect between blocks: what was seen, pulled to `expected`² as if that many perfectly seen blocks had
 * shown it; never below 0. The typical standard deviation must be the one the blocks were added with.
 */
export function noiseVariance(noise: EffectNoise, expected: number, blocks: number, typical: number): number {
  const typicalVariance = 2 * typical * typical;
  const prior = blocks / (typicalVariance * typicalVariance);
  return Math.max(0, (prior * expected * expected + noise.excess) / (prior + noise.weight));
}
