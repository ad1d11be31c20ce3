import type { Rng } from '../random/mulberry32';
import { strongestEvidence } from '../sequential/shifting-bets';

/**
 * Densities on (0, 1) that ranks are bet on: lower than before, higher, further out on both sides, and drawn in to the
 * middle; weakly and strongly. Each is of Beta's family and integrates to 1.
 */
const BETS: readonly ((p: number) => number)[] = [
  (p) => 0.5 / Math.sqrt(p),
  (p) => 0.5 / Math.sqrt(1 - p),
  (p) => 3 * (1 - p) ** 2,
  (p) => 3 * p ** 2,
  (p) => 1 / (Math.PI * Math.sqrt(p * (1 - p))),
  (p) => 6 * p * (1 - p),
];
/** The least that a rank keeps from 0 and 1, so that no density is infinite. */
const EDGE = 2 ** -33;

/**
 * The strongest evidence there ever was that later values of a feature do not come from where earlier ones came from: a
 * conformal test martingale. Each value's rank among the reference and the later values before it is uniform and
 * independent while all of them are exchangeable, whatever their distribution; ties are parted by chance. Bets against
 * that are averaged over six densities and over the row at which the change may have begun. That it reaches 1/α without
 * a change has a chance of at most α, however often one looks. O((n + m) log n), and moves of up to n + m numbers for
 * each later value.
 *
 * Values that come in runs (one author's week, one long migration) are not exchangeable and count as a change.
 *
 * @param reference - values that were learned from, in any order; NaN is missing, which is a value of its own
 * @param later - values since, in order of time
 * @param rng - parts ties
 * @returns an e-value, 1 without later values
 * @see Vovk, Petej, Nouretdinov, Ahlberg, Carlsson, Gammerman (2021), Retrain or not retrain: conformal test
 *   martingales for change-point detection, arXiv:2102.10439
 */
export function rankEvidence(reference: Float64Array, later: Float64Array, rng: Rng): number {
  const seen = new Float64Array(reference.length + later.length);
  seen.set(reference.map(known).sort());
  let count = reference.length;
  const ranks = later.map((raw) => {
    const value = known(raw);
    const below = lowerBound(seen, count, value);
    let above = below;
    while (above < count && seen[above] === value) above += 1;
    seen.copyWithin(above + 1, above, count);
    seen[above] = value;
    count += 1;
    const rank = (below + rng() * (above + 1 - below)) / count;
    return Math.min(1 - EDGE, Math.max(EDGE, rank));
  });
  return strongestEvidence(ranks.length, BETS.length, (bet, row) =>
    (BETS[bet] as (typeof BETS)[number])(ranks[row] as number),
  );
}

/** How far two distributions of one feature lie apart. */
export interface Stability {
  /** The population stability index: below .1 commonly taken as stable, above .25 as another population. */
  readonly index: number;
  /** What chance alone makes of it at these numbers of values. */
  readonly byChance: number;
}

/** Bins of a feature, besides one for missing values. */
const BINS = 10;
/** Added to each bin, so that an empty one is no infinite distance. */
const SMOOTHING = 0.5;

/**
 * The population stability index Σ (q − p) ln(q / p) over bins of the reference's deciles and one of missing values:
 * the symmetrised Kullback–Leibler divergence. Without a change it is about (1/n + 1/m) times a χ² of bins − 1 degrees
 * of freedom, whose mean is `byChance`. O((n + m) log n).
 *
 * @param reference - n >= 1 values, in any order; NaN is missing
 * @param later - m >= 1 values, in any order
 * @see Yurdakul and Naranjo (2020), Statistical properties of the population stability index, Journal of Risk Model Validation
 */
export function populationStability(reference: Float64Array, later: Float64Array): Stability {
  const sorted = reference.filter((value) => !Number.isNaN(value)).sort();
  const cuts = new Set<number>();
  for (let bin = 1; bin < BINS; bin++) {
    const cut = sorted[Math.floor((bin * sorted.length) / BINS)];
    if (cut !== undefined) cuts.add(cut);
  }
  const edges = Float64Array.from(cuts).sort();
  const hasMissing = [reference, later].some((values) => values.some(Number.isNaN));
  const bins = edges.length + 1 + (hasMissing ? 1 : 0);
  const shares = (values: Float64Array): Float64Array => {
    const counts = new Float64Array(bins).fill(SMOOTHING);
    for (const value of values) {
      // A cut belongs to the bin above it.
      const bin = Number.isNaN(value) ? bins - 1 : upperBound(edges, value);
      counts[bin] = (counts[bin] as number) + 1;
    }
    return counts.map((one) => one / (values.length + SMOOTHING * bins));
  };
  const before = shares(reference);
  const index = shares(later).reduce((sum, q, bin) => {
    const p = before[bin] as number;
    return sum + (q - p) * Math.log(q / p);
  }, 0);
  return { index, byChance: (bins - 1) * (1 / reference.length + 1 / later.length) };
}

/** Missing values order below all others and are equal among themselves. */
function known(value: number): number {
  return Number.isNaN(value) ? Number.NEGATIVE_INFINITY : value;
}

/** How many of the first `count` sorted numbers are below a value. */
function lowerBound(sorted: Float64Array, count: number, value: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** How many of the sorted numbers are at most a value. */
function upperBound(sorted: Float64Array, value: number): number {
  let at = lowerBound(sorted, sorted.length, value);
  while (at < sorted.length && sorted[at] === value) at += 1;
  return at;
}
