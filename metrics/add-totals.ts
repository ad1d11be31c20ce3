import type { SparseTotals } from './sparse-totals';

/** Amounts nested by the parts of their paths. */
interface Nested {
  readonly [part: string]: number | Nested;
}

/** The sum of two totals, amount by amount; neither is changed. */
export function addTotals(a: SparseTotals, b: SparseTotals): SparseTotals {
  return addNested(a as Nested, b as Nested);
}

/** Number of amounts in totals. */
export function countLeaves(totals: SparseTotals): number {
  return countNested(totals as Nested);
}

function addNested(a: Nested, b: Nested): Nested {
  // A map, because the names of events are given from outside and may be those of an object's own methods.
  const sum = new Map(Object.entries(a));
  for (const [part, value] of Object.entries(b)) {
    const standing = sum.get(part);
    if (typeof value === 'number') sum.set(part, value + (typeof standing === 'number' ? standing : 0));
    else sum.set(part, typeof standing === 'object' ? addNested(standing, value) : value);
  }
  return Object.fromEntries(sum);
}

function countNested(nested: Nested): number {
  let count = 0;
  for (const value of Object.values(nested)) count += typeof value === 'number' ? 1 : countNested(value);
  return count;
}
