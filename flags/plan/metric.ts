import { z } from 'zod';
import { PrometheusMetric } from './prometheus-metric';
import { UserObservation } from './user-metric';

/**
 * What is measured of the events named. `error_rate` and `slower_than` are shares (0–1); `mean_value`, `quantile` and
 * `distribution` are in the value's unit, `events_per_exposure` in events, and `ratio` in the unit of its numerator for
 * one of its denominator's.
 */
export const MetricKind = z.enum([
  'error_rate',
  'slower_than',
  'mean_value',
  'events_per_exposure',
  'quantile',
  'distribution',
  'ratio',
]);
export type MetricKind = z.infer<typeof MetricKind>;

/** Which total of an event a ratio takes: how often it came, the sum of its values, or how often it failed. */
export const Measure = z.enum(['count', 'value', 'errors']);
export type Measure = z.infer<typeof Measure>;

/** What a ratio is divided by. */
export const Denominator = z.strictObject({ event: z.string().min(1).max(60), measure: Measure.default('count') });
export type Denominator = z.infer<typeof Denominator>;

/**
 * How much worse the candidate may be at full exposure: `absolute` in the metric's unit plus `relative` as a share of
 * control.
 */
export const Margin = z.strictObject({
  absolute: z.number().nonnegative().default(0),
  relative: z.number().nonnegative().default(0),
});
export type Margin = z.infer<typeof Margin>;

/** One metric a rollout is judged by, with every default filled in. */
export const Metric = z.strictObject({
  name: z
    .string()
    .min(1)
    .max(60)
    .regex(/^[A-Za-z0-9][A-Za-z0-9_-]*$/),
  /** A guardrail can roll back and must be shown safe; a goal is reported. */
  role: z.enum(['guardrail', 'goal']).default('guardrail'),
  kind: MetricKind,
  /** Event name as reported through OpenFeature tracking. */
  event: z.string().min(1).max(80).default('request'),
  /** Counts the metric in Prometheus instead of Headgate's own windows; `event` then names its totals. */
  prometheus: PrometheusMetric.optional(),
  /** Each user counts once: what is taken of what a user did. `event` then names the totals over users. */
  perUser: UserObservation.omit({ metric: true, threshold: true }).optional(),
  /** For `slower_than`: the limit in the value's unit (milliseconds for requests). */
  threshold: z.number().positive().optional(),
  /** For `quantile`: which one, 0.5 (the median) to 0.999. */
  quantile: z.number().min(0.5).max(0.999).optional(),
  /** For `ratio`: which total of `event` is divided. */
  measure: Measure.optional(),
  /** For `ratio`: what it is divided by. */
  denominator: Denominator.optional(),
  /**
   * Candidate over control that the forecast must not cross: above 1 where lower is better, below 1 where higher is. No
   * forecast without.
   */
  factor: z.number().positive().max(100).optional(),
  /** What people call the metric's unit, such as `ms` or `EUR`; changes nothing in the judgement. */
  unit: z.string().min(1).max(20).optional(),
  direction: z.enum(['lower_is_better', 'higher_is_better']).default('lower_is_better'),
  margin: Margin,
  /** For both arms, an absolute bound that must not be passed; judged apart from the comparison. */
  ceiling: z.number().optional(),
});
export type Metric = z.infer<typeof Metric>;
