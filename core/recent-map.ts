/**
 * What was put in most recently, up to a size. Reading does not refresh an entry; putting it in again does.
 *
 * @typeParam Value - what is kept under each key
 */
export class RecentMap<Value> {
  private readonly entries = new Map<string, { readonly value: Value; readonly size: number }>();
  private total = 0;

  /**
   * @param most - size of all entries together; the oldest go when it is passed
   * @param sizeOf - size of an entry, in the unit of `most`; 1 when omitted, so that entries are counted
   */
  constructor(
    private readonly most: number,
    private readonly sizeOf: (value: Value) => number = () => 1,
  ) {}

  get(key: string): Value | undefined {
    return this.entries.get(key)?.value;
  }

  /** Puts an entry in, as the newest. */
  put(key: string, value: Value): void {
    this.take(key);
    const size = this.sizeOf(value);
    this.entries.set(key, { value, size });
    this.total += size;
    for (const oldest of this.entries.keys()) {
      if (this.total <= this.most) return;
      this.take(oldest);
    }
  }

  /** Takes an entry out and answers what it was. */
  take(key: string): Value | undefined {
    const entry = this.entries.get(key);
    if (entry === undefined) return undefined;
    this.entries.delete(key);
    this.total -= entry.size;
    return entry.value;
  }
}
