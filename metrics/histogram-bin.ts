/** Bins below this one, 2^-64 of the unit, are no more told apart. */
const LOWEST_BIN = -512;

/**
 * The bin `k` of a positive value: in (2^((k-1)/8), 2^(k/8)]. Values at or below 2^-64 share the lowest bin.
 *
 * @param value - greater than 0, finite
 */
export function binOf(value: number): number {
  return Math.max(LOWEST_BIN, Math.ceil(Math.log2(value) * 8));
}
