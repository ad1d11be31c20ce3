import type { RolloutBlock } from '../document/rollout-block';
import { thresholdOf } from './bucket';
import type { Resolution } from './resolution';

/** What a rollout or experiment serves to a bucket. */
export type Draw = (bucket: number) => Resolution;

/**
 * Compiles the buckets of a place's arms. A rollout has two: the candidate below the weight's threshold, and the
 * control. An experiment has as many as it names, in their order; keys beyond them take no part, since as control they
 * would be more than the other arms are.
 *
 * @param drawn what a key that was drawn into an arm is served
 * @param apart what a key is served that takes no part
 */
export function drawArms(
  { candidate, control, weight, arms }: RolloutBlock,
  drawn: (variant: string) => Resolution,
  apart: Resolution,
): Draw {
  if (arms === undefined) {
    const threshold = thresholdOf(weight);
    const [candidateDrawn, controlDrawn] = [drawn(candidate), drawn(control)];
    return (bucket) => (bucket < threshold ? candidateDrawn : controlDrawn);
  }
  let total = 0;
  const shares = arms.map((arm) => {
    total += arm.weight;
    return { below: thresholdOf(total), resolution: drawn(arm.variant) };
  });
  return (bucket) => {
    for (const { below, resolution } of shares) if (bucket < below) return resolution;
    return apart;
  };
}
