import type { RolloutPlan } from '../flags/plan/plan';
import { observedUsers, userEvent } from '../flags/plan/user-metric';
import type { UsersQuery } from '../metrics/windows';

/** What of users a plan's metrics want; nothing where none is per user. */
export function usersQuery({ metrics, followUsersMs }: Pick<RolloutPlan, 'metrics' | 'followUsersMs'>): {
  users?: UsersQuery;
} {
  const totals = observedUsers(metrics);
  if (totals.length === 0 || followUsersMs === undefined) return {};
  return { users: { followMs: followUsersMs, totals, eventOf: userEvent } };
}
