import { robustLevel } from '../../ml/robust/median';

const SPREADS = 4;
/** Windows a trouble must last, and the gap that does not end it. */
const LEAST_WINDOWS = 3;
const GAP_WINDOWS = 1;
/** Fewer windows than these before it are no past to compare with. */
const LEAST_PAST = 8;

/** Where a series left its usual range for its latest trouble. */
export interface Onset {
  /** Index of the first window of the trouble. */
  readonly at: number;
  /** Mean of the trouble against the level before, in robust standard deviations; signed. */
  readonly deviation: number;
}

/**
 * The start of the latest run of windows outside four robust deviations of the whole series, if there is one of three
 * windows at least. A trouble that fills half the series or more is its level and is not seen. O(n log n).
 *
 * @param values - evenly spaced, oldest first; NaN where missing
 * @param side - `above` looks for rises alone
 * @returns null when the series is short, or stays in its range
 */
export function onsetOf(values: readonly number[], side: 'above' | 'either' = 'either'): Onset | null {
  const finite = values.filter(Number.isFinite);
  if (finite.length < LEAST_PAST + LEAST_WINDOWS) return null;
  const { level, spread } = robustLevel(finite);
  // Where more than half of the values are the same, any other value would be out of range.
  const scale = Math.max(spread, 0.02 * Math.abs(level), spread > 0 ? 0 : earlierScale(finite), 1e-12);
  const isOut = (value: number): boolean =>
    (side === 'above' ? value - level : Math.abs(value - level)) > SPREADS * scale;
  let last = values.length - 1;
  while (last >= 0 && !isOut(values[last] as number)) last--;
  if (last < 0) return null;
  let first = last;
  let misses = 0;
  for (let index = last; index >= 0 && misses <= GAP_WINDOWS; index--) {
    if (isOut(values[index] as number)) {
      first = index;
      misses = 0;
    } else misses++;
  }
  const trouble = values.slice(first, last + 1).filter(isOut);
  if (trouble.length < LEAST_WINDOWS) return null;
  const mean = trouble.reduce((sum, value) => sum + value, 0) / trouble.length;
  return { at: first, deviation: (mean - level) / scale };
}

/**
 * Standard deviation of the earlier half, where the latest trouble is not: a scale for series, such as rare errors,
 * whose median deviation is 0.
 */
function earlierScale(values: readonly number[]): number {
  const earlier = values.slice(0, values.length >> 1);
  const mean = earlier.reduce((sum, value) => sum + value, 0) / earlier.length;
  return Math.sqrt(earlier.reduce((sum, value) => sum + (value - mean) ** 2, 0) / earlier.length);
}
