/** Name of the feature that is made of the times of rows. */
export const HOURS_SINCE_PREVIOUS = 'hoursSincePrevious';

/**
 * Hours since the row before: how busy the place was when a change was made. O(n).
 *
 * @param times - instants in milliseconds, ascending
 * @returns NaN for the first row, before which nothing is known
 */
export function hoursSincePrevious(times: Float64Array): Float64Array {
  return times.map((time, row) => (row === 0 ? Number.NaN : (time - (times[row - 1] as number)) / 3_600_000));
}
