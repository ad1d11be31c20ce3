import { z } from 'zod';

/** Users are counted in this many fixed hash cells, so that clustered users show without users being stored. */
export const CELL_COUNT = 64;

const instant = z
  .int()
  .positive()
  .describe('Milliseconds since the Unix epoch, by the database clock as the sender knows it.');
const exposed = {
  flag: z.string().min(1).max(100),
  /** Rollout the serving evaluator saw. */
  rollout: z.string().min(1).max(120),
  variant: z.string().min(1).max(60),
  /** Transition stamped by the evaluator that served. */
  transition: z.int().nonnegative(),
  /** Hash cell of the targeting key, 0–63. Give this or `targetingKey`. */
  cell: z
    .int()
    .min(0)
    .max(CELL_COUNT - 1)
    .optional(),
  /**
   * Digest of the targeting key, for rollouts with metrics per user; hashed again under the rollout's key on arrival,
   * and not kept.
   */
  user: z
    .string()
    .regex(/^[A-Za-z0-9_-]{22}$/)
    .optional(),
  /** For senders that cannot hash; turned into a cell, and a user's hash where one is wanted, on arrival and not kept. */
  targetingKey: z.string().min(1).max(1000).optional(),
  /** Observed segments that the user belongs to. */
  segments: z.array(z.string().max(60)).max(200).optional(),
};

/** A user was served a variant of a flag under a live rollout: at most one for each user, transition and window. */
export const ExposureEvent = z.strictObject({
  kind: z.literal('exposure'),
  ...exposed,
  at: instant,
  /** This user met both variants under one transition. */
  mixed: z.boolean().optional(),
});

/** Something that happened to an exposed user: a request, a conversion, a page view. */
export const OutcomeEvent = z.strictObject({
  kind: z.literal('outcome'),
  /** Event name, such as `request`. */
  name: z
    .string()
    .min(1)
    .max(60)
    .regex(/^[A-Za-z0-9][A-Za-z0-9_-]*$/),
  ...exposed,
  /** Instant of the exposure it belongs to; decides the window. */
  exposedAt: instant,
  /** A measured value in the event's own unit: milliseconds for durations. */
  value: z.number().optional(),
  /** The request or action failed. */
  error: z.boolean().optional(),
  /** First outcome of its exposure, so that exposures without any can be counted. */
  first: z.boolean().optional(),
  /** The request was still open when its window was judged; `value` is the time it had taken so far. */
  open: z.boolean().optional(),
});

/** One thing reported by a provider. */
export const MetricEvent = z.discriminatedUnion('kind', [ExposureEvent, OutcomeEvent]);
export type ExposureEvent = z.infer<typeof ExposureEvent>;
export type OutcomeEvent = z.infer<typeof OutcomeEvent>;
export type MetricEvent = z.infer<typeof MetricEvent>;

/** Most events one batch may carry. */
export const MAX_BATCH_EVENTS = 2000;
/** How long a batch id is remembered; older batches are refused. */
export const BATCH_MEMORY_MS = 24 * 3_600_000;

/** Body of `POST /v1/events`: repeated whole, with the same id and instant, until it is acknowledged. */
export const EventBatch = z.strictObject({
  batchId: z.string().min(8).max(100),
  /** When the sender first made the batch. */
  createdAt: instant,
  events: z.array(MetricEvent).min(1).max(MAX_BATCH_EVENTS),
});
export type EventBatch = z.infer<typeof EventBatch>;
