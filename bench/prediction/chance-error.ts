import { calibrationError } from '../../ml/evaluation/reliability';
import { mulberry32 } from '../../ml/random/mulberry32';

/**
 * The calibration error that chance alone leaves on rows of these probabilities: its mean when labels are drawn from
 * the probabilities themselves, so that every one of them is right. No method comes below it but by luck. O(draws × n).
 */
export function chanceError(probabilities: Float64Array, draws = 200): number {
  const rng = mulberry32(1);
  let sum = 0;
  for (let draw = 0; draw < draws; draw++) {
    sum += calibrationError(
      probabilities,
      probabilities.map((probability) => (rng() < probability ? 1 : 0)),
    );
  }
  return sum / draws;
}
