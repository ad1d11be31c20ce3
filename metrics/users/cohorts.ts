import { thresholdField } from '../amount-paths';
import { addAmount } from '../deltas';
import type { ObservedUser, ObservedUsers, StoredUser, StoredUsers } from './user-amounts';

/** A user who has entered and is still followed. */
export interface FollowedUser {
  readonly hash: string;
  readonly cell: number;
  /** Start of the window of the first exposure under this transition in this arm. */
  readonly enteredAt: number;
  /** By the place of each total: how often, and the sum of values. */
  readonly counts: number[];
  readonly sums: number[];
}

/** What is remembered of the users of one arm under one transition, or of a shard of them. */
export interface Cohorts {
  /** Start of the last window that was complete; null before the first. */
  upTo: number | null;
  /** Everybody who has entered, so that nobody enters twice. */
  readonly seen: Set<string>;
  followed: FollowedUser[];
}

/** Users of one window. */
export interface UserWindow {
  readonly windowStart: number;
  readonly users: StoredUsers;
}

/** How users are followed. */
export interface Following {
  readonly windowMs: number;
  /** A multiple of the window's length. */
  readonly followMs: number;
  readonly totals: ObservedUsers;
  /** The name under which a metric's totals over users stand. */
  readonly eventOf: (metric: string) => string;
}

/** Cohorts that have seen nobody. */
export function emptyCohorts(): Cohorts {
  return { upTo: null, seen: new Set(), followed: [] };
}

/**
 * Takes windows in, in place: users seen for the first time enter, those who have entered before go on, and who has
 * been followed for long enough is counted in the window that completed it. Each user is thus counted once, in one
 * stratum, by what happened in a span that is as long for both arms. Windows that were taken in before are left out, so
 * handing some in again is harmless.
 *
 * @param windows - in time order
 * @param closedUpTo - start of the last window that is complete; who is followed to its end is counted
 * @returns what is to be added to the arm's totals, by window start
 */
export function advanceCohorts(
  cohorts: Cohorts,
  windows: readonly UserWindow[],
  closedUpTo: number,
  following: Following,
): Map<number, Map<string, number>> {
  const counted = new Map<number, Map<string, number>>();
  for (const { windowStart, users } of windows) {
    if (cohorts.upTo !== null && windowStart <= cohorts.upTo) continue;
    if (windowStart > closedUpTo) break;
    complete(cohorts, windowStart - following.windowMs, following, counted);
    takeIn(cohorts, windowStart, users, following.totals.length);
  }
  complete(cohorts, closedUpTo, following, counted);
  cohorts.upTo = Math.max(cohorts.upTo ?? closedUpTo, closedUpTo);
  return counted;
}

function takeIn(cohorts: Cohorts, windowStart: number, users: StoredUsers, totals: number): void {
  const byHash = new Map(cohorts.followed.map((user) => [user.hash, user]));
  for (const [cell, inCell] of Object.entries(users)) {
    for (const [hash, stored] of Object.entries(inCell)) {
      let user = byHash.get(hash);
      if (user === undefined) {
        // Entered and left already, or not exposed yet: what comes without an exposure belongs to no arm for sure.
        if (cohorts.seen.has(hash) || !(Number(stored['x']) > 0)) continue;
        cohorts.seen.add(hash);
        const zeros = (): number[] => new Array<number>(totals).fill(0);
        user = { hash, cell: Number(cell), enteredAt: windowStart, counts: zeros(), sums: zeros() };
        cohorts.followed.push(user);
      }
      addStored(user, stored);
    }
  }
}

function addStored({ counts, sums }: FollowedUser, stored: StoredUser): void {
  for (let index = 0; index < counts.length; index += 1) {
    counts[index] = (counts[index] ?? 0) + (stored[`${index}n`] ?? 0);
    sums[index] = (sums[index] ?? 0) + (stored[`${index}s`] ?? 0);
  }
}

/** Counts whose last window is at or before one that is complete. */
function complete(
  cohorts: Cohorts,
  completeAt: number,
  { followMs, windowMs, totals, eventOf }: Following,
  counted: Map<number, Map<string, number>>,
): void {
  const rest: FollowedUser[] = [];
  for (const user of cohorts.followed) {
    const lastWindow = user.enteredAt + followMs - windowMs;
    if (lastWindow > completeAt) {
      rest.push(user);
      continue;
    }
    let amounts = counted.get(lastWindow);
    if (amounts === undefined) counted.set(lastWindow, (amounts = new Map<string, number>()));
    for (const [index, total] of totals.entries()) countUser(amounts, user, index, total, eventOf(total.metric));
  }
  cohorts.followed = rest;
}

/** One user as one unit of a metric. */
function countUser(
  amounts: Map<string, number>,
  { cell, counts, sums }: FollowedUser,
  index: number,
  { measure, threshold = 0 }: ObservedUser,
  event: string,
): void {
  const root = `events.${event}`;
  const add = (path: string, amount: number): void => {
    addAmount(amounts, `${root}.${path}`, amount);
  };
  const both = (path: string, amount: number): void => {
    add(path, amount);
    add(`cells.${path}.${cell}`, amount);
  };
  const [count = 0, sum = 0] = [counts[index], sums[index]];
  if (measure === 'mean' && count === 0) return;
  both('count', 1);
  switch (measure) {
    case 'any':
    case 'any_error':
      if (count > 0) both('errors', 1);
      return;
    case 'any_slow': {
      both('valueCount', 1);
      if (count > 0) both(`over.${thresholdField(threshold)}`, 1);
      return;
    }
    case 'count':
    case 'total':
    case 'mean': {
      const value = measure === 'count' ? count : measure === 'total' ? sum : sum / count;
      both('valueCount', 1);
      both('sum', value);
      add('sumOfSquares', value * value);
    }
  }
}
