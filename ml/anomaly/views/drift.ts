import type { View } from './view';

/** The long memory, in points. */
const LONG = 2_000;

/**
 * Distance of a short exponential mean from a long one: finds a level that moved and stays. O(1) time and state.
 *
 * @param length - memory of the short mean, in points; 12 for quick moves, 60 for slow ones
 */
export class Drift implements View {
  private seen = 0;
  private short = 0;
  private long = 0;

  constructor(private readonly length: number) {}

  see(value: number): number {
    this.seen += 1;
    if (this.seen === 1) this.long = value;
    this.short += (value - this.short) / Math.min(this.seen, this.length);
    const distance = Math.abs(this.short - this.long);
    this.long += (this.short - this.long) / Math.min(this.seen, LONG);
    return distance;
  }
}
