import { z } from 'zod';
import { EnvironmentName, FlagKey, RuleName, VariantName } from '../document/identifiers';
import { DEFAULT_RISK, OnSegmentHarm, Pace, Preset, Risk, Watch } from './behaviour';
import { Metric, MetricKind } from './metric';
import { Blackout, RolloutPlan } from './plan';
import { DEFAULT_FORECAST, DEFAULT_PREDICTION, Prediction, PredictionForecast, PredictionLimits } from './prediction';
import { DurationText, MarginFile, Percent, Probability, QuantileFile } from './quantities';
import { isTimeZone } from './time-zone';

const Weight = Percent.min(0.001);

/** One step as written: its weight alone, or with its own bake time and a wish for approval. Parsed to the object. */
export const StepFile = z.union(
  [
    Weight.transform((weight): { weight: number; bake?: number; approval?: boolean } => ({ weight })),
    z.strictObject({
      /** Percent of eligible targeting keys, 0.001 to 100. */
      weight: Weight,
      /** How long this step is served before it is judged. When omitted, the plan's `bake`. */
      bake: DurationText.optional(),
      /** A person must approve before this step is entered. When omitted, false. */
      approval: z.boolean().optional(),
    }),
  ],
  { error: 'expected a percent such as 5, or { weight, bake, approval }' },
);

/** One metric as written. `margin` may be left out, then the default of the kind counts. */
export const MetricFile = z.strictObject({
  name: Metric.shape.name,
  role: Metric.shape.role,
  /** `conversion_rate` and `total_per_user` are of users by their nature. */
  kind: z.enum([...MetricKind.options, 'conversion_rate', 'total_per_user']),
  /** What counts once: each request, or each user. When omitted, `request` but for kinds of users. */
  per: z.enum(['request', 'user']).optional(),
  /** When omitted, the plan's `event`. */
  event: Metric.shape.event.removeDefault().max(60).optional(),
  /** Read from Prometheus instead: where each part of the metric is counted. */
  prometheus: Metric.shape.prometheus,
  /** For `slower_than` only: a number in the value's unit, or a duration, which counts in milliseconds. */
  threshold: z
    .union([z.number().positive(), DurationText], { error: 'expected a number above 0 or a duration such as 500ms' })
    .optional(),
  /** For `quantile` only: a number from 0.5 to 0.999, or text such as `p99`. */
  quantile: QuantileFile.optional(),
  /** For `ratio` only: which total of the event is divided. When omitted, `value`. */
  measure: Metric.shape.measure,
  /** For `ratio` only: what it is divided by. */
  denominator: Metric.shape.denominator,
  /** When omitted, lower is better, but for `conversion_rate` and `total_per_user`. */
  direction: Metric.shape.direction.removeDefault().optional(),
  margin: MarginFile.optional(),
  unit: Metric.shape.unit,
  factor: Metric.shape.factor,
  ceiling: Metric.shape.ceiling,
});
export type MetricFile = z.infer<typeof MetricFile>;

/** One weekly span as written. */
export const BlackoutFile = z.strictObject({
  timeZone: Blackout.shape.timeZone.refine(isTimeZone, {
    error: ({ input }) => `'${String(input)}' is not a time zone; write an IANA name such as Europe/Berlin or UTC`,
  }),
  /** Local days on which the span starts. When omitted, every day. */
  days: Blackout.shape.days.default(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']),
  /** Local time `HH:MM`. When omitted, 00:00. */
  from: z
    .string()
    .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'expected a local time HH:MM')
    .default('00:00'),
  /** Local time `HH:MM`, up to 24:00; not after `from` means over midnight. When omitted, 24:00. */
  to: z
    .string()
    .regex(/^([01]\d|2[0-3]):[0-5]\d$|^24:00$/, 'expected a local time HH:MM, at most 24:00')
    .default('24:00'),
});

/**
 * A rollout plan as people write it: everything but `flag` and `candidate` may be left out. Durations are text with
 * units. `resolvePlan` fills in the defaults; docs/plan-reference.md says what each field means.
 */
export const PlanFile = z.strictObject(
  {
    flag: FlagKey,
    candidate: VariantName,
    /** When omitted, the environment that the caller names. */
    environment: EnvironmentName.optional(),
    /** `default`, or one rule that serves a single variant. When omitted, `default`. */
    place: z
      .union([z.literal('default'), z.strictObject({ rule: RuleName })], {
        error: 'expected default or { rule: NAME }',
      })
      .default('default'),
    bake: DurationText.default(600_000),
    steps: z.array(StepFile).min(1).max(50).optional(),
    /** Event of the default metrics, and of metrics that name none. */
    event: Metric.shape.event,
    metrics: z.array(MetricFile).min(1).max(40).optional(),
    /** How long each user is followed for metrics per user. When omitted, half of the shortest bake, at most 5 minutes. */
    followUsers: DurationText.optional(),
    segments: RolloutPlan.shape.segments.default([]),
    onSegmentHarm: OnSegmentHarm.default('exclude'),
    falseExclusionRate: Probability.pipe(z.number().gt(0).max(0.5)).default(0.05),
    preset: Preset.default('guarded'),
    risk: z
      .strictObject({
        anomalyWeight: Risk.shape.anomalyWeight.default(DEFAULT_RISK.anomalyWeight),
        segmentWeight: Risk.shape.segmentWeight.default(DEFAULT_RISK.segmentWeight),
        narrowAt: Risk.shape.narrowAt.default(DEFAULT_RISK.narrowAt),
        rollbackAt: Risk.shape.rollbackAt.default(DEFAULT_RISK.rollbackAt),
        remediate: Risk.shape.remediate.default(DEFAULT_RISK.remediate),
      })
      .default(DEFAULT_RISK),
    prediction: z
      .strictObject({
        mode: Prediction.shape.mode.default(DEFAULT_PREDICTION.mode),
        baseRate: Probability.pipe(Prediction.shape.baseRate).default(DEFAULT_PREDICTION.baseRate),
        approveAbove: Probability.pipe(Prediction.shape.approveAbove).default(DEFAULT_PREDICTION.approveAbove),
        minimumConfidence: Probability.pipe(Prediction.shape.minimumConfidence).default(
          DEFAULT_PREDICTION.minimumConfidence,
        ),
        override: Prediction.shape.override,
        limits: z
          .strictObject({
            firstWeight: Weight.default(DEFAULT_PREDICTION.limits.firstWeight),
            bakeFactor: PredictionLimits.shape.bakeFactor.default(DEFAULT_PREDICTION.limits.bakeFactor),
            sampleFactor: PredictionLimits.shape.sampleFactor.default(DEFAULT_PREDICTION.limits.sampleFactor),
            pace: PredictionLimits.shape.pace.default(DEFAULT_PREDICTION.limits.pace),
          })
          .default(DEFAULT_PREDICTION.limits),
        forecast: z
          .strictObject({
            looks: PredictionForecast.shape.looks.default(DEFAULT_FORECAST.looks),
            alertAt: Probability.pipe(PredictionForecast.shape.alertAt).default(DEFAULT_FORECAST.alertAt),
            narrowAt: Probability.pipe(z.number().gt(0).max(1)).optional(),
            rollbackAt: Probability.pipe(z.number().gt(0).max(1)).optional(),
          })
          .pipe(PredictionForecast)
          .optional(),
      })
      .default(DEFAULT_PREDICTION),
    pace: Pace.default('steps'),
    /** When omitted, causes are looked for without a graph. */
    dependencies: RolloutPlan.shape.dependencies,
    /** When omitted, nobody looks on after completion. */
    watch: z.strictObject({ for: DurationText, onAlarm: Watch.shape.onAlarm.default('alert') }).optional(),
    profile: z.enum(['fast', 'safe', 'auto']).default('auto'),
    /** When omitted, four minutes, or half of the shortest bake if that is less. */
    warmUp: z
      .union([
        z.literal('0s').transform(() => 0),
        DurationText.pipe(z.number().max(3_600_000, 'a warm-up lasts at most 1h')),
      ])
      .optional(),
    falseRollbackRate: Probability.pipe(RolloutPlan.shape.falseRollbackRate).default(0.01),
    falsePromotionRate: Probability.pipe(RolloutPlan.shape.falsePromotionRate).default(0.05),
    minimumSample: RolloutPlan.shape.minimumSample.default(100),
    onNoData: RolloutPlan.shape.onNoData.default('hold'),
    noDataDeadline: DurationText.optional(),
    onInconclusive: z
      .union([z.enum(['hold', 'roll_back']), z.strictObject({ continueTo: Weight })], {
        error: 'expected hold, roll_back or { continueTo: PERCENT }',
      })
      .default('hold'),
    inconclusiveAfterBakes: RolloutPlan.shape.inconclusiveAfterBakes.default(3),
    onLapse: RolloutPlan.shape.onLapse.default('control'),
    afterLapse: RolloutPlan.shape.afterLapse.default('first_step'),
    /** When omitted, 5 minutes or three times the longest look interval, whichever is more. */
    lease: DurationText.pipe(z.number().min(5000, 'a lease lasts at least 5s')).optional(),
    narrowBy: z
      .union([z.literal('step'), Weight], { error: "expected 'step' or a number of percent points above 0" })
      .default('step'),
    controlHoldback: Percent.max(50).default(0),
    look: z
      .strictObject({
        shortest: DurationText.pipe(z.number().min(1000, 'looks are at least 1s apart')).optional(),
        longest: DurationText.pipe(z.number().min(1000, 'looks are at least 1s apart')).optional(),
      })
      .default({}),
    /** When omitted, by the shortest bake. */
    window: DurationText.pipe(
      z.number().min(1000, 'a window is at least 1s long').max(300_000, 'a window is at most 5m long'),
    ).optional(),
    approvals: z
      .strictObject({ forbidStarter: z.boolean().default(false), allowUnverified: z.boolean().default(false) })
      .default({ forbidStarter: false, allowUnverified: false }),
    blackouts: z.array(BlackoutFile).max(50).default([]),
    owner: RolloutPlan.shape.owner,
    change: RolloutPlan.shape.change,
  },
  {
    error: ({ code }) =>
      code === 'invalid_type' ? 'expected the fields of a plan, such as flag and candidate' : undefined,
  },
);
/** A plan file after its texts are read: durations in milliseconds, margins in numbers. */
export type PlanFile = z.infer<typeof PlanFile>;
