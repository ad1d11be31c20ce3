import { MovingMean } from './moving-mean';
import type { View } from './view';

/** What a pattern is, and what it is compared with. */
export interface PatternOptions {
  /** Points over which the series is averaged first. */
  readonly smoothing: number;
  /** Points between two coordinates of a pattern. */
  readonly step: number;
  /** Coordinates of a pattern. */
  readonly coordinates: number;
  /** Earlier points that a pattern may have ended at. */
  readonly history: number;
  /** Every how many of them are compared. */
  readonly stride: number;
  /** Divide the distance by the size of the pattern, so that a known spike may vary in height. */
  readonly relative: boolean;
}

const NEIGHBOURS = 3;
/** Memory of the series' level and spread, in points. */
const LONG = 2_000;

/**
 * Distance of the newest delay vector to its third nearest among earlier ones that do not overlap it: finds shapes
 * never seen before, wherever in time they fall. O(history · coordinates) time at worst, mostly far less, since a
 * comparison ends once it is beaten.
 *
 * @see Burnaev and Ishimtsev (2016), arXiv:1608.04585, for nearest neighbours of delay vectors
 */
export class PatternDistance implements View {
  private readonly values: Float64Array;
  private readonly mean: MovingMean;
  private readonly nearest = new Float64Array(NEIGHBOURS);
  /** Index of the newest value in `values`, and how many points came before the first that is kept. */
  private newest = -1;
  private dropped = 0;
  private level = 0;
  private spread = 0;
  private seen = 0;

  constructor(private readonly options: PatternOptions) {
    this.values = new Float64Array(2 * (options.history + 2 * options.step * options.coordinates));
    this.mean = new MovingMean(options.smoothing);
  }

  see(value: number): number | null {
    this.push(value);
    const { relative, coordinates, step } = this.options;
    if (this.seen <= step * coordinates) return null;
    const distance = this.thirdNearest();
    if (!Number.isFinite(distance)) return null;
    if (!relative) return Math.sqrt(distance);
    const least = coordinates * this.spread * this.spread;
    const size = Math.sqrt(this.sizeOfPattern()) * this.spread * Math.sqrt(coordinates);
    return Math.sqrt(distance) / Math.sqrt(size + least + Number.MIN_VALUE);
  }

  private push(value: number): void {
    this.seen += 1;
    const count = Math.min(this.seen, LONG);
    const step = value - this.level;
    this.level += step / count;
    this.spread += (Math.abs(step) - this.spread) / count;
    if (this.newest + 1 === this.values.length) {
      const kept = this.values.length / 2;
      this.values.copyWithin(0, kept);
      this.newest -= kept;
      this.dropped += kept;
    }
    this.newest += 1;
    this.values[this.newest] = this.mean.push(value);
  }

  /** Squared distance to the third nearest pattern; infinite while there are fewer. */
  private thirdNearest(): number {
    const { step, coordinates, history, stride } = this.options;
    const length = step * coordinates;
    const { nearest } = this;
    nearest.fill(Number.POSITIVE_INFINITY);
    const oldest = Math.max(length - this.dropped, this.newest - history, length);
    for (let end = this.newest - 2 * length; end >= oldest; end -= stride) {
      const distance = this.distanceTo(end, nearest[NEIGHBOURS - 1] as number);
      if (distance < (nearest[NEIGHBOURS - 1] as number)) insert(nearest, distance);
    }
    return nearest[NEIGHBOURS - 1] as number;
  }

  /** Squared distance to the pattern that ended there; stops early once it is at least `limit`. */
  private distanceTo(end: number, limit: number): number {
    const { values, newest } = this;
    const { step, coordinates } = this.options;
    const length = step * coordinates;
    let sum = 0;
    for (let back = 0; back < length && sum < limit; back += step) {
      const difference = (values[newest - back] as number) - (values[end - back] as number);
      sum += difference * difference;
    }
    return sum;
  }

  private sizeOfPattern(): number {
    const { step, coordinates } = this.options;
    let sum = 0;
    for (let back = 0; back < step * coordinates; back += step) {
      const difference = (this.values[this.newest - back] as number) - this.level;
      sum += difference * difference;
    }
    return sum;
  }
}

/** Keeps the smallest, ascending. */
function insert(nearest: Float64Array, distance: number): void {
  let place = nearest.length - 1;
  while (place > 0 && (nearest[place - 1] as number) > distance) {
    nearest[place] = nearest[place - 1] as number;
    place -= 1;
  }
  nearest[place] = distance;
}
