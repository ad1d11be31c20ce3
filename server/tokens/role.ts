import { z } from 'zod';

/**
 * What a token may do. `viewer`, `operator` and `admin` each include the one before; `sdk` reads flags and posts events
 * of its one environment and nothing else; `client` is for keys that may be public: it evaluates flags of its one
 * environment that are marked for clients (`client: true`), one answer at a time, and never sees rules, other flags or
 * the snapshot.
 */
export const Role = z.enum(['viewer', 'operator', 'admin', 'sdk', 'client']);
export type Role = z.infer<typeof Role>;

const RANK: Readonly<Record<Role, number>> = { viewer: 1, operator: 2, admin: 3, sdk: 0, client: 0 };

/** Whether a token of role `held` may use a route that wants `wanted`. */
export function mayUse(held: Role, wanted: Role): boolean {
  if (RANK[wanted] === 0) return held === wanted;
  return RANK[held] >= RANK[wanted];
}
