/**
 * Lets callers that ask for the same thing shortly after each other share one read. What they get is at most `forMs`
 * older than what a read of their own would have given, so it suits only what may as well be seen that much later. A
 * read that failed is not kept.
 *
 * @param read - reads what stands under a key
 * @param forMs - how long one read serves, from its start, in milliseconds
 * @param nowMs - the time, in milliseconds
 */
export function shareReads<Value>(
  read: (key: string) => Promise<Value>,
  forMs: number,
  nowMs: () => number,
): (key: string) => Promise<Value> {
  const standing = new Map<string, { readonly atMs: number; readonly value: Promise<Value> }>();
  return (key) => {
    const at = nowMs();
    const known = standing.get(key);
    // A clock that was set back makes a read look as if it came from the future; it serves nobody.
    if (known !== undefined && at >= known.atMs && at - known.atMs < forMs) return known.value;
    for (const [other, { atMs }] of standing) if (at - atMs >= forMs) standing.delete(other);
    const value = read(key);
    const entry = { atMs: at, value };
    standing.set(key, entry);
    value.catch(() => standing.get(key) === entry && standing.delete(key));
    return value;
  };
}
