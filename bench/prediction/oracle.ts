import { logOddsOf, probabilityOf } from '../../ml/models/logit';
import { calibrationError } from '../../ml/evaluation/reliability';

/** What the best of constants would have made of probabilities. */
export interface Oracle {
  /** Log odds that the constant adds. */
  readonly shift: number;
  /** Calibration error that is left with it. */
  readonly ece: number;
}

const STEPS = 50;

/**
 * The calibration error that is left when one constant is added to the log odds, chosen on the very rows that test:
 * nobody can know it before, so it parts what a moved share of failures costs from what the shape of the calibration
 * costs. By Newton's method on the log likelihood. O(steps × n).
 *
 * @param probabilities - n >= 1, each above 0 and below 1
 * @param labels - 0 or 1, both present
 */
export function constantOracle(probabilities: Float64Array, labels: Float64Array): Oracle {
  const odds = probabilities.map((probability) => logOddsOf(probability, 1e-6));
  let shift = 0;
  for (let step = 0; step < STEPS; step++) {
    let gradient = 0;
    let curvature = 0;
    odds.forEach((each, row) => {
      const p = probabilityOf(each + shift);
      gradient += (labels[row] as number) - p;
      curvature += p * (1 - p);
    });
    const move = gradient / curvature;
    shift += move;
    if (Math.abs(move) < 1e-9) break;
  }
  const moved = odds.map((each) => probabilityOf(each + shift));
  return { shift, ece: calibrationError(moved, labels) };
}
