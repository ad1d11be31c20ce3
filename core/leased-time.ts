/**
 * How long a weight was served under its lease: from one renewal to the next, or to the instant at which the lease ran out.
 *
 * @param sinceMs - the last renewal, in milliseconds since the Unix epoch by the database's clock; null when there was none
 * @param untilMs - the same clock
 * @returns milliseconds, never negative
 */
export function leasedMs(sinceMs: number | null, untilMs: number): number {
  return sinceMs === null ? 0 : Math.max(0, untilMs - sinceMs);
}
