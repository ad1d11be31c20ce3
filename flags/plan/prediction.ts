import { z } from 'zod';

/** How far a prediction may shape the plan. It only ever makes it more careful. */
export const PredictionLimits = z.strictObject({
  /** Percent: the first step is never made smaller than this. */
  firstWeight: z.number().min(0.001).max(100),
  /** Bakes become at most this many times as long. */
  bakeFactor: z.number().min(1).max(10),
  /** The minimum sample becomes at most this many times as large. */
  sampleFactor: z.number().min(1).max(10),
  /** Whether an adaptive pace may be made to follow the steps. */
  pace: z.boolean(),
});
export type PredictionLimits = z.infer<typeof PredictionLimits>;

/**
 * What follows when the failure probability is forecast to rise; each threshold is a failure probability, reached by
 * the forecast's lower bound at two looks on end.
 */
export const PredictionForecast = z
  .strictObject({
    /** How many looks ahead. */
    looks: z.int().min(1).max(20),
    /** From here on people are alerted; 1 for never. */
    alertAt: z.number().min(0).max(1),
    /** From here on the rollout is narrowed; never when left out. */
    narrowAt: z.number().gt(0).max(1).optional(),
    /** From here on it is rolled back, outside the promised rate; never when left out. */
    rollbackAt: z.number().gt(0).max(1).optional(),
  })
  .refine(({ narrowAt = 0, rollbackAt = 1 }) => narrowAt <= rollbackAt, {
    path: ['narrowAt'],
    message: 'is at most rollbackAt',
  });
export type PredictionForecast = z.infer<typeof PredictionForecast>;

/** What a prediction that the change fails leads to. */
export const Prediction = z.strictObject({
  /**
   * `act` shapes the plan and enters confidence, `shadow` only records, `off` asks no model; `auto` acts once a model
   * that has learned from at least 50 rollouts of one's own decides, and is a shadow before.
   */
  mode: z.enum(['auto', 'act', 'shadow', 'off']),
  /** Share of one's rollouts that fail: what the shipped model's probability is drawn towards. */
  baseRate: z.number().min(0.001).max(0.9),
  /** A failure probability above which a person must approve the first step. */
  approveAbove: z.number().min(0).max(1),
  /** The rollout is refused below this confidence, which is 1 less the failure probability. */
  minimumConfidence: z.number().min(0).max(1),
  /** Why a person starts it although confidence is below that. */
  override: z.string().trim().min(1).max(300).optional(),
  limits: PredictionLimits,
  /** People are alerted, and nothing else follows, when left out. */
  forecast: PredictionForecast.optional(),
});
export type Prediction = z.infer<typeof Prediction>;

/** Of a plan that says nothing of forecasts: people are alerted, and nothing else follows. */
export const DEFAULT_FORECAST: PredictionForecast = { looks: 5, alertAt: 0.5 };

/** In a plan that says nothing of predictions. */
export const DEFAULT_PREDICTION: Prediction = {
  mode: 'auto',
  baseRate: 0.1,
  approveAbove: 0.4,
  minimumConfidence: 0.3,
  limits: { firstWeight: 1, bakeFactor: 2, sampleFactor: 2, pace: true },
};
