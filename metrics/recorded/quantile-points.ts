import { exp } from '../../ml/elementary/exp';
import { ln } from '../../ml/elementary/ln';

const BINS_OF_A_UNIT = 8 / Math.LN2;
/** Two points at one value still spread over a part of a bin. */
const SMALLEST_SLOPE = 0.02;
/** Log values for each unit of log odds where a single point tells no spread: that of ordinary latencies. */
const USUAL_SLOPE = 0.33;
/** A quantile with fewer values beyond it than this is chance more than a fact, and is not used. */
const FEWEST_BEYOND = 6;
/** How far beyond the last point the other arm's shape is followed, in log odds. */
const FAR = 6;

/** One quantile that a recording states. */
export interface QuantilePoint {
  /** 0–1. */
  readonly level: number;
  /** In the value's unit, > 0. */
  readonly value: number;
}

/** A knot of a distribution: at this log value, this log odds of lying below it. Ascending in both. */
interface Knot {
  readonly x: number;
  readonly logOdds: number;
}

/** A distribution by its knots, straight between them and going on at both ends. */
export type QuantileShape = readonly Knot[];

/**
 * The distribution that quantile points of `n` values describe: straight lines on the scale of log value against log
 * odds. What a point says is believed where at least {@link FEWEST_BEYOND} values lie beyond it.
 *
 * A quantile of few values scatters, and a tail read off a scattered point is too heavy on average. Each point's level
 * is therefore moved so that the share read off at any limit near it is right on average: from a tail of p to p − (1 −
 * 2p)/2n, to second order. Without that the smaller arm would seem slower than it is.
 *
 * @param points - levels and values ascending
 * @param n - how many values, >= 1
 * @param other - the shape of the arm that has more values, which is followed beyond this one's own points
 * @returns no knots when no point can be believed
 */
export function shapeOfQuantiles(
  points: readonly QuantilePoint[],
  n: number,
  other: QuantileShape = [],
): QuantileShape {
  const own = points
    .filter(({ level }) => n * Math.min(level, 1 - level) >= FEWEST_BEYOND)
    .map(({ level, value }) => {
      const tail = 1 - level - (2 * level - 1) / (2 * n);
      return { x: ln(value), logOdds: ln((1 - tail) / tail) };
    });
  const first = own[0];
  const last = own[own.length - 1];
  if (first === undefined || last === undefined || other.length === 0) return own;
  const follow = (from: Knot, logOdds: number): Knot => ({
    x: from.x + valueAt(other, logOdds) - valueAt(other, from.logOdds),
    logOdds,
  });
  const below = other.filter(({ logOdds }) => logOdds < first.logOdds);
  const above = other.filter(({ logOdds }) => logOdds > last.logOdds);
  return [
    follow(first, Math.min(first.logOdds, other[0]?.logOdds ?? 0) - FAR),
    ...below.map(({ logOdds }) => follow(first, logOdds)),
    ...own,
    ...above.map(({ logOdds }) => follow(last, logOdds)),
    follow(last, Math.max(last.logOdds, other[other.length - 1]?.logOdds ?? 0) + FAR),
  ];
}

/**
 * The histogram of exactly `n` values that have a shape, by Headgate's own bins. O(knots × bins).
 *
 * @param shape - at least one knot
 */
export function binsOfShape(shape: QuantileShape, n: number): Map<number, number> {
  const bins = new Map<number, number>();
  let counted = 0;
  for (let bin = Math.ceil(valueAt(shape, -ln(2 * n + 1)) * BINS_OF_A_UNIT); counted < n; bin++) {
    const below = Math.round(n * shareBelow(shape, bin / BINS_OF_A_UNIT));
    if (below > counted) bins.set(bin, below - counted);
    counted = Math.max(counted, below);
  }
  return bins;
}

function shareBelow(shape: QuantileShape, x: number): number {
  const next = shape.findIndex((knot) => x < knot.x);
  const left = next < 0 ? shape.length - 1 : Math.max(0, next - 1);
  const knot = shape[left] as Knot;
  const logOdds = knot.logOdds + (x - knot.x) / slopeAfter(shape, next < 0 ? left - 1 : left);
  return 1 / (1 + exp(-logOdds));
}

function valueAt(shape: QuantileShape, logOdds: number): number {
  const next = shape.findIndex((knot) => logOdds < knot.logOdds);
  const left = next < 0 ? shape.length - 1 : Math.max(0, next - 1);
  const knot = shape[left] as Knot;
  return knot.x + (logOdds - knot.logOdds) * slopeAfter(shape, next < 0 ? left - 1 : left);
}

/** Log values for each unit of log odds, from one knot to the next. */
function slopeAfter(shape: QuantileShape, index: number): number {
  const from = shape[Math.max(0, index)];
  const to = shape[Math.max(0, index) + 1];
  if (from === undefined || to === undefined) return USUAL_SLOPE;
  return Math.max(SMALLEST_SLOPE, (to.x - from.x) / (to.logOdds - from.logOdds));
}
