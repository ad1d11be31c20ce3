/**
 * The shortest way from `start` to everything that is reached over `next`, such as `['a', 'b', 'c']` for `c`; `start`
 * itself is left out. Nearest first, and in the order of
 * `next` among those equally near. O(nodes + edges), and safe on circles.
 */
export function findPaths(start: string, next: (key: string) => Iterable<string>): Map<string, readonly string[]> {
  const paths = new Map<string, readonly string[]>();
  const pending: (readonly string[])[] = [[start]];
  for (const path of pending) {
    for (const neighbour of next(path.at(-1) ?? start)) {
      if (neighbour === start || paths.has(neighbour)) continue;
      const further = [...path, neighbour];
      paths.set(neighbour, further);
      pending.push(further);
    }
  }
  return paths;
}
