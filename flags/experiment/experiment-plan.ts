import { z } from 'zod';
import { VariantName } from '../document/identifiers';
import { RolloutPlan } from '../plan/plan';

/** What a metric of an experiment is for. */
export const ExperimentRole = z.enum(['primary', 'secondary', 'guardrail']);
export type ExperimentRole = z.infer<typeof ExperimentRole>;

/** An experiment with every default filled in: what the workflow runs and the identity of a start is hashed over. */
export const ExperimentPlan = z.strictObject({
  /**
   * Flag, place, metrics, windows, looks and lease, in the form that rollouts have them. `candidate` is the first
   * treatment.
   */
  base: RolloutPlan,
  /** Variants compared with the control, which is what the place serves. */
  treatments: z.array(VariantName).min(1).max(10),
  /** Percent of eligible targeting keys of each treatment, and of the control. */
  armWeight: z.number().min(0.001).max(50),
  /** What each metric is for, by name. */
  roles: z.record(z.string(), ExperimentRole),
  /** Promised chance that any primary metric of any treatment is called different although none is. */
  falsePositiveRate: z.number().gt(0).max(0.5),
  /** Promised share of false ones among the secondary metrics called different. */
  falseDiscoveryRate: z.number().gt(0).max(0.5),
  /** It ends this long after its start at the latest. */
  durationMs: z.int().positive(),
  /** It does not end on a decision before this. */
  minimumDurationMs: z.int().nonnegative(),
  /** It ends once every arm has so many units of every primary metric; no such end when left out. */
  sampleSize: z.int().positive().optional(),
  /** It ends once every primary metric of every treatment is decided. */
  endOnDecision: z.boolean(),
});
export type ExperimentPlan = z.infer<typeof ExperimentPlan>;
