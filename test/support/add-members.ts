/** Adds numbers member by member, through arrays and objects; what only one of the two has stays as it is. */
export function addMembers(a: unknown, b: unknown): unknown {
  if (b === undefined) return a;
  if (typeof a === 'number') return a + (b as number);
  if (Array.isArray(a)) return a.map((value, index) => addMembers(value, (b as unknown[])[index]));
  const [left, right] = [a, b] as [Record<string, unknown>, Record<string, unknown>];
  const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
  return Object.fromEntries(
    Array.from(keys, (key) => [key, key in left ? addMembers(left[key], right[key]) : right[key]]),
  );
}
