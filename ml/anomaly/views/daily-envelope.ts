import { MovingMean } from './moving-mean';
import type { View } from './view';

const BUCKETS = 48;
const BUCKET_MS = 86_400_000 / BUCKETS;
/** How fast an extreme of an earlier day is forgotten when later days stay within it. */
const FORGETTING = 0.1;

/**
 * How far a point lies outside the highest and lowest that this half hour of the day (UTC), or the one before or after
 * it, brought on earlier days: a nightly job is no surprise, though its mean is. O(1) time and state.
 *
 * @param length - points over which the series is averaged first
 */
export class DailyEnvelope implements View {
  private readonly low = new Float64Array(BUCKETS).fill(Number.POSITIVE_INFINITY);
  private readonly high = new Float64Array(BUCKETS).fill(Number.NEGATIVE_INFINITY);
  private bucket = -1;
  private lowNow = Number.POSITIVE_INFINITY;
  private highNow = Number.NEGATIVE_INFINITY;
  private readonly mean: MovingMean;

  constructor(length: number) {
    this.mean = new MovingMean(length);
  }

  see(value: number, atMs: number): number | null {
    const level = this.mean.push(value);
    const bucket = Math.floor(atMs / BUCKET_MS) % BUCKETS;
    if (bucket !== this.bucket) this.close();
    this.bucket = bucket;
    this.lowNow = Math.min(this.lowNow, level);
    this.highNow = Math.max(this.highNow, level);
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    for (const neighbour of [(bucket + BUCKETS - 1) % BUCKETS, bucket, (bucket + 1) % BUCKETS]) {
      low = Math.min(low, this.low[neighbour] as number);
      high = Math.max(high, this.high[neighbour] as number);
    }
    return high < low ? null : Math.max(0, level - high, low - level);
  }

  /** Learns the half hour that has just ended. A new extreme is kept at once, an old one fades by days. */
  private close(): void {
    if (this.highNow >= this.lowNow) {
      const high = this.high[this.bucket] as number;
      const low = this.low[this.bucket] as number;
      const known = high >= low;
      this.high[this.bucket] = known ? Math.max(this.highNow, high + FORGETTING * (this.highNow - high)) : this.highNow;
      this.low[this.bucket] = known ? Math.min(this.lowNow, low + FORGETTING * (this.lowNow - low)) : this.lowNow;
    }
    this.lowNow = Number.POSITIVE_INFINITY;
    this.highNow = Number.NEGATIVE_INFINITY;
  }
}
