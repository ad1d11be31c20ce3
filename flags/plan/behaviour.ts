import { z } from 'zod';

/** What follows when one segment alone is harmed: it is excluded, the rollout holds for a person, or it is only shown. */
export const OnSegmentHarm = z.enum(['exclude', 'hold', 'report']);

/**
 * Who may roll back. `guarded`: the guardrails' evidence alone, under the promised rate; risk, forecast and low
 * confidence narrow.
 * `predictive`: risk at its second threshold, a forecast that crosses and lasts, and low confidence roll back too,
 * outside the promised rate.
 */
export const Preset = z.enum(['guarded', 'predictive']);
export type Preset = z.infer<typeof Preset>;

/** `steps` follows the plan's steps; `adaptive` moves by confidence between the first step and completion. */
export const Pace = z.enum(['steps', 'adaptive']);

/** The risk score: 100 × (anomalyWeight × severity × persistence + segmentWeight × audience × correlation), at most 100. */
export const Risk = z.strictObject({
  anomalyWeight: z.number().min(0).max(1),
  segmentWeight: z.number().min(0).max(1),
  /** From this score on, 0 to 100, the rollout is narrowed. */
  narrowAt: z.number().gt(0).max(100),
  /** From this one on people are alerted, and `predictive` rolls back. */
  rollbackAt: z.number().gt(0).max(100),
  /** Whether receivers of webhooks are asked to remedy what raised the score. */
  remediate: z.boolean(),
});
export type Risk = z.infer<typeof Risk>;

/** The scale and thresholds of a plan that names none. */
export const DEFAULT_RISK: Risk = {
  anomalyWeight: 0.6,
  segmentWeight: 0.4,
  narrowAt: 50,
  rollbackAt: 80,
  remediate: false,
};

/** Looking on after completion, against what was forecast. */
export const Watch = z.strictObject({
  forMs: z.int().positive(),
  /** `alert` tells people; `step_back` serves the last judged weight again. */
  onAlarm: z.enum(['alert', 'step_back']),
});
export type Watch = z.infer<typeof Watch>;
