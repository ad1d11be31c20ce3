import type { Deltas } from '../metrics/deltas';
import { isUserShard } from '../metrics/users/user-shard';

/**
 * Parts what is kept for each user from all else: it stands in a collection of its own, to be removed when its rollout
 * ends.
 */
export function splitUsers(deltas: Deltas): { readonly rest: Deltas; readonly users: Deltas } {
  const users: Deltas = new Map();
  for (const [id, delta] of deltas) if (isUserShard(delta.key.segment)) users.set(id, delta);
  if (users.size === 0) return { rest: deltas, users };
  return { rest: new Map([...deltas].filter(([id]) => !users.has(id))), users };
}
