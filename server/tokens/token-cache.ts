import type { Clock } from '../../core/clock';

/** How long a look-up is believed: the longest a revoked token goes on working. */
const TTL_MS = 3_000;
/** Look-ups remembered at once, so that made-up tokens cannot fill the memory. */
const MAX_ENTRIES = 2_000;

interface Entry<T> {
  readonly value: Promise<T>;
  readonly readAtMs: number;
  /** What the look-up came to, once it has. */
  settled?: { readonly value: T };
}

/** Remembers look-ups for three seconds, and shares one that is under way. Failed look-ups are not remembered. */
export class TokenCache<T> {
  private readonly entries = new Map<string, Entry<T>>();

  constructor(
    private readonly look: (hash: string) => Promise<T>,
    private readonly clock: Clock,
  ) {}

  /** What is known of a token by its hash, at most three seconds old. */
  get(hash: string): Promise<T> {
    const nowMs = this.clock.monotonicMs();
    const known = this.entries.get(hash);
    if (known !== undefined && nowMs - known.readAtMs < TTL_MS) return known.value;
    this.entries.delete(hash);
    if (this.entries.size >= MAX_ENTRIES) this.dropOldest();
    // The age counts from before the read, since the answer may be as old as that.
    const entry: Entry<T> = { value: this.look(hash), readAtMs: nowMs };
    this.entries.set(hash, entry);
    entry.value.then(
      (value) => (entry.settled = { value }),
      () => {
        if (this.entries.get(hash) === entry) this.entries.delete(hash);
      },
    );
    return entry.value;
  }

  /** What {@link get} would come to where that is known without waiting; undefined where it is not. */
  peek(hash: string): T | undefined {
    const known = this.entries.get(hash);
    if (known?.settled === undefined || this.clock.monotonicMs() - known.readAtMs >= TTL_MS) return undefined;
    return known.settled.value;
  }

  /** Forgets everything, so that a revocation made through this process is seen at once. */
  clear(): void {
    this.entries.clear();
  }

  private dropOldest(): void {
    const oldest = this.entries.keys().next();
    if (!oldest.done) this.entries.delete(oldest.value);
  }
}
