import exp from '@stdlib/math-base-special-exp';
import ln from '@stdlib/math-base-special-ln';

const BINS_OF_A_UNIT = 8 / Math.LN2;
/** Two points at one value still spread over a bin. */
const SMALLEST_SLOPE = 0.02;

/** One quantile that a recording states. */
export interface QuantilePoint {
  /** 0–1. */
  readonly level: number;
  /** In the value's unit, > 0. */
  readonly value: number;
}

/**
 * The histogram that quantile points of `n` values describe: straight lines between the points on the scale of log value against log odds of the
 * level, going on at both ends. It holds exactly `n` values, and what a point says of it is true up to rounding; what lies between is a guess that is
 * the same for both arms. O(points + bins).
 *
 * The level of a point is moved to where a quantile of so few values lies on average, (q·n + ½)/(n + 1): the highest of 50 values is no p99.
 *
 * @param points - at least one, levels and values ascending
 * @param n - how many values, >= 1
 */
export function binsOfQuantiles(points: readonly QuantilePoint[], n: number): Map<number, number> {
  const line = points.map(({ level, value }) => ({ x: ln(value), logOdds: logOdds((level * n + 0.5) / (n + 1)) }));
  const bins = new Map<number, number>();
  const [first] = line;
  if (first === undefined) return bins;
  let counted = 0;
  let bin = Math.ceil(lowest(line, n) * BINS_OF_A_UNIT);
  for (; counted < n; bin++) {
    const below = Math.round(n * shareBelow(line, bin / BINS_OF_A_UNIT));
    if (below > counted) bins.set(bin, below - counted);
    counted = Math.max(counted, below);
  }
  return bins;
}

interface Point {
  readonly x: number;
  readonly logOdds: number;
}

function logOdds(share: number): number {
  return ln(share / (1 - share));
}

function shareBelow(line: readonly Point[], x: number): number {
  const next = line.findIndex((point) => x < point.x);
  const left = next < 0 ? line.length - 1 : Math.max(0, next - 1);
  const point = line[left] as Point;
  return 1 / (1 + exp(-(point.logOdds + (x - point.x) / slopeAt(line, next < 0 ? left - 1 : left))));
}

/** Log values for each unit of log odds, from one point to the next. A single point is given the spread of ordinary latencies. */
function slopeAt(line: readonly Point[], index: number): number {
  const from = line[Math.max(0, index)];
  const to = line[Math.max(0, index) + 1];
  if (from === undefined || to === undefined) return 0.33;
  return Math.max(SMALLEST_SLOPE, (to.x - from.x) / (to.logOdds - from.logOdds));
}

/** Log value below which less than half a value is expected. */
function lowest(line: readonly Point[], n: number): number {
  const first = line[0] as Point;
  return first.x + (logOdds(0.5 / (n + 1)) - first.logOdds) * slopeAt(line, 0);
}
