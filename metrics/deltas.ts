import { isUserShard } from './users/user-shard';
import { windowId, type WindowKey } from './window-key';

/** What is to be added to one window: amounts by path, such as `events.request.cells.count.17`. */
export interface WindowDelta {
  readonly key: WindowKey;
  readonly amounts: Map<string, number>;
}

/** What is to be added, by window id. Adding is commutative, so any grouping of batches gives the same windows. */
export type Deltas = Map<string, WindowDelta>;

/** The amounts of one window within deltas, made when it is new. */
export function amountsOf(deltas: Deltas, key: WindowKey): Map<string, number> {
  const id = windowId(key);
  const standing = deltas.get(id);
  if (standing !== undefined) return standing.amounts;
  const amounts = new Map<string, number>();
  deltas.set(id, { key, amounts });
  return amounts;
}

/** Adds to one amount. */
export function addAmount(amounts: Map<string, number>, path: string, amount: number): void {
  amounts.set(path, (amounts.get(path) ?? 0) + amount);
}

/** Adds `from` to `into`, in place; `from` is left as it is. */
export function mergeDeltas(into: Deltas, from: Deltas): void {
  for (const { key, amounts } of from.values()) {
    const target = amountsOf(into, key);
    for (const [path, amount] of amounts) addAmount(target, path, amount);
  }
}

/** Number of amounts: what deltas cost in memory and in the database, in units of some 60 bytes. */
export function countAmounts(deltas: Deltas): number {
  let count = 0;
  // Paths of users are long, and no two users share one.
  for (const { key, amounts } of deltas.values()) count += isUserShard(key.segment) ? 2 * amounts.size : amounts.size;
  return count;
}
