import type { Rng } from '../../../ml/random/mulberry32';
import { multinomial, normal } from './draw';
import { BINS, MIDDLE_MS, UPPER_MS } from './trace';

const LOG_UPPER = UPPER_MS.map(Math.log);

/** Log-normal latencies, of which a share is slower by a factor. */
export interface LatencyShape {
  /** Mean and spread of the log of milliseconds. */
  readonly mu: number;
  readonly sigma: number;
  readonly slow?: { readonly share: number; readonly mu: number } | undefined;
}

/** Shares of requests by bin. */
export function binShares({ mu, sigma, slow }: LatencyShape): Float64Array {
  const shares = lognormalShares(mu, sigma);
  if (slow === undefined || slow.share === 0) return shares;
  const slower = lognormalShares(slow.mu, sigma);
  return shares.map((share, bin) => (1 - slow.share) * share + slow.share * (slower[bin] as number));
}

/** Draws how many of the requests fall into each bin. */
export function drawBins(rng: Rng, requests: number, shape: LatencyShape): number[] {
  return multinomial(rng, requests, binShares(shape));
}

/**
 * Sums of latency by cell for requests that were drawn into bins: few are drawn one by one, many by their moments.
 *
 * @param factors - how much slower a cell's users are than the average, by cell
 */
export function drawCellSums(
  rng: Rng,
  bins: readonly number[],
  requests: readonly number[],
  factors?: ArrayLike<number>,
): number[] {
  const total = bins.reduce((sum, count) => sum + count, 0);
  if (total === 0) return requests.map(() => 0);
  const mean = bins.reduce((sum, count, bin) => sum + count * (MIDDLE_MS[bin] as number), 0) / total;
  const square = bins.reduce((sum, count, bin) => sum + count * (MIDDLE_MS[bin] as number) ** 2, 0) / total;
  const spread = Math.sqrt(Math.max(0, square - mean * mean));
  return requests.map((count, cell) => {
    const factor = factors?.[cell] ?? 1;
    if (count > 8) return factor * Math.max(2 * count, count * mean + Math.sqrt(count) * spread * normal(rng));
    let sum = 0;
    for (let index = 0; index < count; index++) sum += MIDDLE_MS[drawBin(rng, bins, total)] as number;
    return factor * sum;
  });
}

function drawBin(rng: Rng, bins: readonly number[], total: number): number {
  let left = rng() * total;
  for (const [bin, count] of bins.entries()) {
    left -= count;
    if (left < 0) return bin;
  }
  return BINS - 1;
}

function lognormalShares(mu: number, sigma: number): Float64Array {
  const shares = new Float64Array(BINS);
  let below = 0;
  for (let bin = 0; bin < BINS; bin++) {
    const upTo = bin === BINS - 1 ? 1 : normalBelow(((LOG_UPPER[bin] as number) - mu) / sigma);
    shares[bin] = Math.max(0, upTo - below);
    below = upTo;
  }
  return shares;
}

/** Standard normal distribution function by a classic approximation, good to 1e-7, which is enough for drawing. */
function normalBelow(z: number): number {
  if (z > 0) return 1 - normalBelow(-z);
  const t = 1 / (1 - 0.2316419 * z);
  const poly = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * poly;
}
