/** Mean of the last few values, or of all while there are fewer. */
export class MovingMean {
  private readonly ring: Float64Array;
  private count = 0;
  private sum = 0;

  constructor(private readonly length: number) {
    this.ring = new Float64Array(length);
  }

  /** Takes a value in and returns the mean. */
  push(value: number): number {
    const slot = this.count % this.length;
    this.sum += value - (this.count >= this.length ? (this.ring[slot] as number) : 0);
    this.ring[slot] = value;
    this.count += 1;
    // A running sum drifts by rounding: it is taken afresh once a turn.
    if (slot === this.length - 1) this.sum = this.ring.reduce((total, one) => total + one, 0);
    return this.sum / Math.min(this.count, this.length);
  }
}
