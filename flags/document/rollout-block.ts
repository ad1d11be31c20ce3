import { z } from 'zod';
import { UserObservation } from '../plan/user-metric';
import { RuleName, SegmentKey, VariantName } from './identifiers';

/** The one place of a flag that a rollout owns; the variant served there today is the control. */
export const Place = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('default') }),
  z.strictObject({ kind: z.literal('rule'), rule: RuleName }),
]);
export type Place = z.infer<typeof Place>;

/** What evaluators and ingestion must measure so that the rollout can be judged. */
export const Observation = z.strictObject({
  /** Length of a metric window in milliseconds. */
  windowMs: z.int().min(1000).max(300_000),
  /** Segments whose outcomes are also kept apart. */
  segments: z.array(SegmentKey).max(200),
  /** Per event name, thresholds its value is counted above, such as `{ request: [500] }`. */
  thresholds: z.record(z.string(), z.array(z.number().nonnegative()).max(8)),
  /** Totals that are kept for each user; none when left out. */
  users: z.array(UserObservation).max(40).optional(),
});
export type Observation = z.infer<typeof Observation>;

/** The live rollout as the flag carries it. It stands there only while the rollout lives. */
export const RolloutBlock = z.strictObject({
  id: z.string().min(1).max(120),
  place: Place,
  control: VariantName,
  candidate: VariantName,
  /** Percent of eligible targeting keys that get the candidate. */
  weight: z.number().min(0).max(100),
  /** Number of the last transition applied; only grows. */
  transition: z.int().nonnegative(),
  /** Salt of this rollout's buckets: new for each rollout, fixed for its life. */
  salt: z.string().min(1).max(64),
  /** Segments that get the control whatever the weight. */
  excludedSegments: z.array(SegmentKey).max(200),
  /** `control`: an evaluator whose lease ran out serves the control; `freeze`: it keeps the last weight. */
  onLapse: z.enum(['control', 'freeze']),
  /** Life of a renewed lease in milliseconds. */
  leaseMs: z.int().positive(),
  observe: Observation,
  /**
   * Of an experiment: its arms in the order of their buckets, treatments first and the control last, each with its
   * percent of eligible targeting keys. Keys beyond them get the control and take no part. `candidate` and `weight` are
   * then those of the first arm.
   */
  arms: z
    .array(z.strictObject({ variant: VariantName, weight: z.number().min(0).max(100) }))
    .min(2)
    .max(11)
    .optional(),
});
export type RolloutBlock = z.infer<typeof RolloutBlock>;
