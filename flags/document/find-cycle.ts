/**
 * The first way from `start` back to itself over `next`, such as `['a', 'b', 'a']`; undefined when there is none.
 * Cycles that do not pass `start` belong to other documents and are not reported. O(nodes + edges).
 */
export function findCycle(start: string, next: (key: string) => Iterable<string>): string[] | undefined {
  const seen = new Set<string>();
  const walk = (key: string, path: readonly string[]): string[] | undefined => {
    for (const neighbour of next(key)) {
      if (neighbour === start) return [...path, neighbour];
      if (seen.has(neighbour)) continue;
      seen.add(neighbour);
      const found = walk(neighbour, [...path, neighbour]);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return walk(start, [start]);
}
