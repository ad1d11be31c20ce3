import { z } from 'zod';
import { VariantName } from '../document/identifiers';
import { MetricFile, PlanFile } from '../plan/plan-file';
import { DurationText, Percent, Probability } from '../plan/quantities';
import { ExperimentPlan, ExperimentRole } from './experiment-plan';

const rate = Probability.pipe(z.number().gt(0).max(0.5));
const shared = PlanFile.shape;

/** An experiment as people write it. What it shares with a rollout plan is read as there. */
export const ExperimentFile = z.strictObject(
  {
    flag: shared.flag,
    environment: shared.environment,
    place: shared.place,
    /** Variants compared with the control, which is what the place serves. */
    treatments: z.array(VariantName).min(1).max(10),
    /**
     * Percent of eligible targeting keys that take part, shared equally by the control and all treatments. When
     * omitted, 100.
     */
    traffic: Percent.min(0.01).default(100),
    event: shared.event,
    metrics: z
      .array(MetricFile.extend({ role: ExperimentRole.default('primary') }))
      .min(1)
      .max(40),
    followUsers: shared.followUsers,
    duration: DurationText,
    minimumDuration: DurationText.optional(),
    sampleSize: ExperimentPlan.shape.sampleSize,
    /** When omitted, true. */
    endOnDecision: z.boolean().default(true),
    falsePositiveRate: rate.default(0.05),
    falseDiscoveryRate: rate.default(0.05),
    /** Promised chance that harm to guardrails stops an experiment whose treatments are all within the margins. */
    falseHarmRate: shared.falseRollbackRate,
    profile: shared.profile,
    warmUp: shared.warmUp,
    lease: shared.lease,
    look: shared.look,
    window: shared.window,
    owner: shared.owner,
    change: shared.change,
  },
  {
    error: ({ code }) =>
      code === 'invalid_type'
        ? 'expected the fields of an experiment, such as flag, treatments, metrics and duration'
        : undefined,
  },
);
export type ExperimentFile = z.infer<typeof ExperimentFile>;
