import { findCycle } from '../document/find-cycle';
import { findPaths } from '../document/find-paths';
import type { Flag } from '../document/flag';

/** A member as far as its order goes. */
export interface OrderedMember {
  readonly flag: string;
  /** Members it waits for by the group's own word. */
  readonly after: readonly string[];
}

/** The order of a group, or the circle that leaves it none. */
export type GroupOrder =
  | {
      readonly kind: 'ordered';
      /** Members that may be live together, level by level; within a level as written. */
      readonly levels: readonly (readonly string[])[];
      /** By member, all other members that have to complete before it. */
      readonly waitsFor: ReadonlyMap<string, readonly string[]>;
    }
  | { readonly kind: 'cycle'; readonly path: readonly string[] };

/**
 * Orders the members of a group: each after every member that its flag needs as a prerequisite, directly or by way of
 * flags outside the group, and after those it names. O(members × (flags + prerequisites)).
 *
 * @param flags - at least all that have a prerequisite
 */
export function orderMembers(
  members: readonly OrderedMember[],
  flags: readonly Pick<Flag, 'key' | 'prerequisites'>[],
): GroupOrder {
  const needed = new Map(flags.map(({ key, prerequisites }) => [key, prerequisites.map(({ flag }) => flag)]));
  const named = new Map(members.map(({ flag, after }) => [flag, after]));
  const next = (key: string): string[] => [...(needed.get(key) ?? []), ...(named.get(key) ?? [])];
  const waitsFor = new Map<string, readonly string[]>();
  for (const { flag } of members) {
    const path = findCycle(flag, next);
    if (path !== undefined) return { kind: 'cycle', path };
    const reached = findPaths(flag, next);
    waitsFor.set(
      flag,
      members.map((one) => one.flag).filter((one) => reached.has(one)),
    );
  }
  const levels: string[][] = [];
  const placed = new Set<string>();
  while (placed.size < members.length) {
    const level = members
      .map(({ flag }) => flag)
      .filter((flag) => !placed.has(flag) && (waitsFor.get(flag) ?? []).every((one) => placed.has(one)));
    for (const flag of level) placed.add(flag);
    levels.push(level);
  }
  return { kind: 'ordered', levels, waitsFor };
}
