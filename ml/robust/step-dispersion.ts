/** Half the square of two standard deviations: all that one difference counts which no other comes near. */
const LONE_DIFFERENCE = 2;

/** What is remembered to learn how much standardised blocks scatter beyond what was expected of them. */
export interface StepDispersion {
  /** The last block's standardised score, and by what its variance has grown with its effect; null before the first. */
  last: { readonly value: number; readonly growth: number } | null;
  /** Sum of half the squared differences of neighbours, and how many there are. */
  squares: number;
  count: number;
  /** The two largest of these. */
  largest: number;
  second: number;
}

/** Blocks nobody has seen yet. */
export function emptyDispersion(): StepDispersion {
  return { last: null, squares: 0, count: 0, largest: 0, second: 0 };
}

/**
 * Adds one block's score over its expected standard deviation, in place. O(1).
 *
 * @param growth - >= 1: how many times the expected variance the block has if its effect is real, as counts that have become more frequent vary more. What two
 *   neighbours share of it counts: an effect that stays is in both, noise is not
 */
export function addStep(dispersion: StepDispersion, value: number, growth: number): void {
  const { last } = dispersion;
  if (last !== null) {
    const square = (value - last.value) ** 2 / (growth + last.growth);
    dispersion.second = Math.max(dispersion.second, Math.min(dispersion.largest, square));
    dispersion.largest = Math.max(dispersion.largest, square);
    dispersion.squares += square;
    dispersion.count += 1;
  }
  dispersion.last = { value, growth };
}

/**
 * How many times the expected variance blocks scatter with; never less than 1. An effect that begins and stays makes one difference, so the largest counts no more than the
 * second largest, or than two standard deviations where it stands alone. O(1).
 *
 * @param prior - blocks as expected that are believed in before any is seen, > 0
 * @see von Neumann (1941), doi:10.1214/aoms/1177731677
 */
export function dispersionFactor({ squares, count, largest, second }: StepDispersion, prior: number): number {
  const clipped = squares - largest + Math.min(largest, Math.max(second, LONE_DIFFERENCE));
  return Math.max(1, (clipped + prior) / (prior + count));
}
