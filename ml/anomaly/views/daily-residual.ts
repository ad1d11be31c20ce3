import type { View } from './view';

const BUCKETS = 48;
const BUCKET_MS = 86_400_000 / BUCKETS;
/** Share a new day has in what is expected of its half hour. */
const LEARNING_RATE = 0.25;

/**
 * Distance from what the same half hour of the day (UTC) brought on earlier days, averaged over the last few points. O(1) time
 * and state. A half hour first seen today says nothing.
 *
 * @param length - points over which residuals are averaged; 1 for spikes, 8 for stretches
 */
export class DailyResidual implements View {
  private readonly expected = new Float64Array(BUCKETS);
  private readonly days = new Float64Array(BUCKETS);
  private bucket = -1;
  private sum = 0;
  private count = 0;
  private seen = 0;
  private residual = 0;

  constructor(private readonly length: number) {}

  see(value: number, atMs: number): number | null {
    const bucket = Math.floor(atMs / BUCKET_MS) % BUCKETS;
    if (bucket !== this.bucket) this.close();
    this.bucket = bucket;
    this.sum += value;
    this.count += 1;
    this.seen += 1;
    if (this.days[bucket] === 0) return null;
    const residual = value - (this.expected[bucket] as number);
    this.residual += (residual - this.residual) / Math.min(this.seen, this.length);
    return Math.abs(this.residual);
  }

  /** Learns the half hour that has just ended, as a whole. */
  private close(): void {
    if (this.count > 0) {
      const days = (this.days[this.bucket] as number) + 1;
      const before = this.expected[this.bucket] as number;
      this.days[this.bucket] = days;
      this.expected[this.bucket] = before + (this.sum / this.count - before) * Math.max(LEARNING_RATE, 1 / days);
    }
    this.sum = 0;
    this.count = 0;
  }
}
