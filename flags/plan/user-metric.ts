import { z } from 'zod';
import type { MetricKind } from './metric';
import type { Problem } from './problem';

/**
 * What a metric per user takes of all that one user did: whether the event came at all, failed once, or passed the
 * threshold once (shares of users); or how often it came, what its values add up to, or what they are on average (one
 * value for each user).
 */
export const UserMeasure = z.enum(['any', 'any_error', 'any_slow', 'count', 'total', 'mean']);
export type UserMeasure = z.infer<typeof UserMeasure>;

/** One total that is kept for each user while a rollout lives. */
export const UserObservation = z.strictObject({
  /** Name of the metric, under which its totals stand. */
  metric: z.string().min(1).max(60),
  /** Event name as reported. */
  event: z.string().min(1).max(60),
  measure: UserMeasure,
  /** For `any_slow`: the limit in the value's unit. */
  threshold: z.number().positive().optional(),
});
export type UserObservation = z.infer<typeof UserObservation>;

/** Kinds as a plan writes them: those of the judge, and what only users have. */
export type WrittenKind = MetricKind | 'conversion_rate' | 'total_per_user';

/** What a metric that is written per user is judged as. Its totals come one from each user, so ordinary kinds read them. */
const JUDGED_AS: Readonly<Partial<Record<WrittenKind, readonly [kind: MetricKind, measure: UserMeasure]>>> = {
  conversion_rate: ['error_rate', 'any'],
  error_rate: ['error_rate', 'any_error'],
  slower_than: ['slower_than', 'any_slow'],
  events_per_exposure: ['mean_value', 'count'],
  mean_value: ['mean_value', 'mean'],
  total_per_user: ['mean_value', 'total'],
};

/** Why the other kinds have no value for a single user. */
const REFUSED: Readonly<Partial<Record<WrittenKind, string>>> = {
  quantile:
    'quantile is a property of all requests, and of one user it would rest on a few of them; leave per out, or use slower_than, the share of users with a slow request',
  distribution:
    'distribution compares all requests, and of one user there are too few; leave per out, or use mean_value, the mean of what each user has on average',
  ratio:
    'ratio is per what it is divided by, and already reckons with clustered users; leave per out, or use events_per_exposure or total_per_user',
};

/** The name under which a metric's totals over users stand; reported events hold no colon, so the two never meet. */
export function userEvent(metricName: string): string {
  return `user:${metricName}`;
}

/** Whether a metric as written is per user: it says so, or its kind is of users alone. */
export function isPerUser({
  kind,
  per,
}: {
  readonly kind: WrittenKind;
  readonly per?: 'request' | 'user' | undefined;
}): boolean {
  return per === 'user' || kind === 'conversion_rate' || kind === 'total_per_user';
}

/** The kind that judges a written kind, and what is taken of each user; null where nothing can be. */
export function userMetricOf(kind: WrittenKind): { readonly kind: MetricKind; readonly measure: UserMeasure } | null {
  const found = JUDGED_AS[kind];
  return found === undefined ? null : { kind: found[0], measure: found[1] };
}

/** What is wrong with `per` in a metric as written. */
export function checkUserMetric(metric: {
  readonly kind: WrittenKind;
  readonly per?: 'request' | 'user' | undefined;
  readonly prometheus?: unknown;
  readonly factor?: number | undefined;
}): Problem[] {
  if (!isPerUser(metric)) return [];
  const { kind, per, prometheus, factor } = metric;
  const problems: Problem[] = [];
  if (per === 'request') {
    problems.push({ path: ['per'], message: `${kind} is of users by its nature; leave per out` });
  }
  const refused = REFUSED[kind];
  if (refused !== undefined) problems.push({ path: ['per'], message: `user does not suit this kind: ${refused}` });
  if (prometheus !== undefined) {
    problems.push({
      path: [per === 'user' ? 'per' : 'kind'],
      message: 'Prometheus knows no users; report the event to Headgate, or leave per out',
    });
  }
  if (factor !== undefined) {
    const message =
      'a metric per user is known only when users have been followed, too late to forecast; leave factor out';
    problems.push({ path: ['factor'], message });
  }
  return problems;
}

/** How long users are followed when the plan does not say: half of the shortest bake, and five minutes at most. */
export function defaultFollowUsersMs(shortestBakeMs: number): number {
  return Math.min(5 * 60_000, Math.max(1000, Math.floor(shortestBakeMs / 2)));
}

/** What must be kept for each user so that a plan's metrics can be judged. */
export function observedUsers(
  metrics: readonly {
    readonly name: string;
    readonly threshold?: number | undefined;
    readonly perUser?: Omit<UserObservation, 'metric' | 'threshold'> | undefined;
  }[],
): UserObservation[] {
  return metrics.flatMap(({ name, threshold, perUser }) =>
    perUser === undefined ? [] : [{ metric: name, ...perUser, ...(threshold === undefined ? {} : { threshold }) }],
  );
}
