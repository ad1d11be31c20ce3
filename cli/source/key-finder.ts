/** What a flag key may be made of, dots apart, and what it therefore may not touch. */
const RUN = /[\p{L}\p{N}\p{M}\p{So}\u200d\u{1f3fb}-\u{1f3ff}._-]+/gu;

/** Finds keys as words of their own. Cost grows with the text, and not with the number of keys. */
export class KeyFinder {
  private readonly keys: ReadonlySet<string>;
  private readonly mostParts: number;

  constructor(keys: readonly string[]) {
    this.keys = new Set(keys);
    this.mostParts = Math.max(1, ...keys.map((key) => key.split('.').length));
  }

  /** Keys in a text, each once. Of keys that overlap between dots the longest counts. */
  find(text: string): ReadonlySet<string> {
    const found = new Set<string>();
    for (const [run] of text.matchAll(RUN)) {
      const parts = run.split('.');
      for (let from = 0; from < parts.length;) from += this.longestAt(parts, from, found);
    }
    return found;
  }

  /** How many parts the longest key that begins here takes; 1 when there is none. */
  private longestAt(parts: readonly string[], from: number, found: Set<string>): number {
    for (let count = Math.min(this.mostParts, parts.length - from); count > 0; count -= 1) {
      const key = parts.slice(from, from + count).join('.');
      if (!this.keys.has(key)) continue;
      found.add(key);
      return count;
    }
    return 1;
  }
}
