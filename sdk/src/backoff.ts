/**
 * How long to wait after a number of failures in a row: doubling from `firstMs` up to `longestMs`, the upper half of it
 * by chance so that many processes do not return at once; never sooner than the server asked, within a minute.
 *
 * @param failures - at least 1
 * @param random - in [0, 1)
 */
export function backoffMs(
  failures: number,
  { firstMs, longestMs, random, askedMs = 0 }: { firstMs: number; longestMs: number; random: number; askedMs?: number },
): number {
  const ceiling = Math.min(longestMs, firstMs * 2 ** Math.min(failures - 1, 20));
  return Math.max(ceiling * (0.5 + random / 2), Math.min(askedMs, 60_000));
}
