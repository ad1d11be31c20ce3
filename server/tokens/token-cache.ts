import type { Clock } from '../../core/clock';

/** How long a look-up is believed: the longest a revoked token goes on working. */
const TTL_MS = 3_000;
/** Look-ups remembered at once, so that made-up ids cannot fill the memory. */
const MAX_ENTRIES = 2_000;

interface Entry<T> {
  readonly value: Promise<T>;
  readonly readAtMs: number;
}

/** Remembers look-ups for three seconds, and shares one that is under way. Failed look-ups are not remembered. */
export class TokenCache<T> {
  private readonly entries = new Map<string, Entry<T>>();

  constructor(
    private readonly look: (id: string) => Promise<T>,
    private readonly clock: Clock,
  ) {}

  /** What is known of a token id, at most three seconds old. */
  get(id: string): Promise<T> {
    const nowMs = this.clock.monotonicMs();
    const known = this.entries.get(id);
    if (known !== undefined && nowMs - known.readAtMs < TTL_MS) return known.value;
    this.entries.delete(id);
    if (this.entries.size >= MAX_ENTRIES) this.dropOldest();
    // The age counts from before the read, since the answer may be as old as that.
    const entry = { value: this.look(id), readAtMs: nowMs };
    this.entries.set(id, entry);
    entry.value.catch(() => {
      if (this.entries.get(id) === entry) this.entries.delete(id);
    });
    return entry.value;
  }

  /** Forgets an id, so that a change made through this process is seen at once. */
  forget(id: string): void {
    this.entries.delete(id);
  }

  private dropOldest(): void {
    const oldest = this.entries.keys().next();
    if (!oldest.done) this.entries.delete(oldest.value);
  }
}
