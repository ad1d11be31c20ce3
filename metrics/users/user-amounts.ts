import { addAmount } from '../deltas';
import type { MetricEvent, OutcomeEvent } from '../events';

export { userShard } from './user-shard';

/** What is taken of all that one user did; see the plan's metrics per user. */
export type UserMeasure = 'any' | 'any_error' | 'any_slow' | 'count' | 'total' | 'mean';

/** One total that is kept for each user. */
export interface ObservedUser {
  readonly metric: string;
  readonly event: string;
  readonly measure: UserMeasure;
  readonly threshold?: number | undefined;
}

/** All totals of a rollout that are kept for each user, in an order that is fixed for its life. */
export type ObservedUsers = readonly ObservedUser[];

/** One user in one window, as stored: `x` exposures, and by the place of each total `n` how often and `s` the sum of values. */
export type StoredUser = Readonly<Record<string, number>>;

/** Users of one shard in one window as stored: by cell, then by keyed hash. */
export type StoredUsers = Readonly<Record<string, Readonly<Record<string, StoredUser>>>>;

/** Whether an event tells anything about its user that is kept: an exposure, or an outcome that a total counts. */
export function isCountedPerUser(event: MetricEvent, observed: ObservedUsers): boolean {
  return event.kind === 'exposure' || observed.some((total) => contribution(event, total) !== null);
}

/** Adds what an event tells about its user. */
export function addUserAmounts(
  amounts: Map<string, number>,
  event: MetricEvent,
  { cell, hash }: { readonly cell: number; readonly hash: string },
  observed: ObservedUsers,
): void {
  const root = `users.${cell}.${hash}.`;
  if (event.kind === 'exposure') {
    addAmount(amounts, `${root}x`, 1);
    return;
  }
  observed.forEach((total, index) => {
    const value = contribution(event, total);
    if (value === null) return;
    addAmount(amounts, `${root}${index}n`, 1);
    if (total.measure === 'total' || total.measure === 'mean') addAmount(amounts, `${root}${index}s`, value);
  });
}

/** What an outcome adds to a total beside one occurrence; null when it is none of its events. */
function contribution(event: OutcomeEvent, { event: name, measure, threshold = 0 }: ObservedUser): number | null {
  if (event.name !== name) return null;
  const { value, error, open } = event;
  switch (measure) {
    case 'any':
    case 'count':
      return 0;
    case 'any_error':
      return error === true ? 0 : null;
    case 'any_slow':
      // A request still open has passed what it has passed already.
      return value !== undefined && value > threshold ? 0 : null;
    case 'total':
    case 'mean':
      return value === undefined || open === true ? null : value;
  }
}
