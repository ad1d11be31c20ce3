import type { Rng } from '../random/mulberry32';

/** A figure with the interval in which it falls in the middle 95 % of resamples. */
export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Percentile bootstrap over rows. Rows are taken as independent, which changes of one project are not quite: intervals are a
 * little too narrow. O(resamples × cost of the figure).
 *
 * @param rows - how many rows there are
 * @param figure - computes the figure on rows given by number; may answer NaN, which is left out
 * @param resamples - how many; 200 give the ends to about 1 % of mass
 */
export function bootstrap(
  rows: number,
  figure: (sample: Uint32Array) => number,
  resamples: number,
  rng: Rng,
): Interval {
  const sample = Uint32Array.from({ length: rows }, (_, row) => row);
  const value = figure(sample);
  const seen: number[] = [];
  for (let round = 0; round < resamples; round++) {
    for (let index = 0; index < rows; index++) sample[index] = Math.floor(rng() * rows);
    const again = figure(sample);
    if (!Number.isNaN(again)) seen.push(again);
  }
  seen.sort((a, b) => a - b);
  const at = (share: number): number => seen[Math.round(share * (seen.length - 1))] ?? Number.NaN;
  return { value, low: at(0.025), high: at(0.975) };
}
