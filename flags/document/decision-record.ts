import { z } from 'zod';

/** Largest record a flag may carry, in bytes of canonical JSON. */
export const MAX_RECORD_BYTES = 16_384;

/** What a write of a flag was. `rollout.*` and `experiment.*` are transitions; the rest are edits by people. */
export const DecisionAction = z.enum([
  'flag.create',
  'flag.edit',
  'flag.off',
  'flag.on',
  // Written before archiving had its own word.
  'flag.delete',
  'flag.archive',
  'flag.restore',
  'rollout.start',
  'rollout.raise',
  'rollout.lower',
  'rollout.narrow',
  'rollout.exclude',
  'rollout.readmit',
  'rollout.lapsed',
  // Goes on after the environment's kill switch.
  'rollout.released',
  'rollout.complete',
  'rollout.roll_back',
  'rollout.abort',
  'rollout.supersede',
  'rollout.orphaned',
  // After its completion: a group took it back.
  'rollout.take_back',
  'experiment.start',
  // Begins anew with an edited flag.
  'experiment.resume',
  'experiment.lapsed',
  'experiment.released',
  // Ended by its plan or by a person, with what it came to.
  'experiment.conclude',
  // Guardrails ended it.
  'experiment.stop',
  'experiment.abort',
  'experiment.orphaned',
]);
export type DecisionAction = z.infer<typeof DecisionAction>;

/** Who did it. `verified` is false for messages that did not come signed through the API. */
export const Actor = z.strictObject({
  kind: z.enum(['token', 'workflow', 'reconciler', 'system', 'unverified']),
  /** Token name, workflow id or process name; never a secret. */
  name: z.string().max(200),
  role: z.string().max(40).optional(),
  verified: z.boolean(),
});
export type Actor = z.infer<typeof Actor>;

/** A coded reason with the numbers behind it. */
export const Reason = z.strictObject({
  /** Stable, such as `GUARDRAIL_HARM` or `BAKE_SERVED`. */
  code: z.string().max(60),
  /** One sentence for a person. */
  text: z.string().max(500),
  metric: z.string().max(100).optional(),
  segment: z.string().max(100).optional(),
  numbers: z.record(z.string(), z.number()).optional(),
});
export type Reason = z.infer<typeof Reason>;

/** One field before and after a write. */
export const FieldChange = z.strictObject({
  field: z.string(),
  before: z.json().optional(),
  after: z.json().optional(),
});
export type FieldChange = z.infer<typeof FieldChange>;

/** Whether a record keeps but the SHA-256 of a field's content, which was too large for it. */
export function isVouchedFor(content: unknown): content is { readonly sha256: string } {
  return typeof content === 'object' && content !== null && Object.keys(content).join() === 'sha256';
}

/** A raise that was decided but overtaken by a lowering before it was written. */
export const NotApplied = z.strictObject({ transition: z.int(), action: DecisionAction, weight: z.number() });
export type NotApplied = z.infer<typeof NotApplied>;

/** One link of a flag's audit chain. `_id` is `flagId:revision`; `hash` is SHA-256 over the canonical JSON of all else. */
export const DecisionRecord = z.strictObject({
  _id: z.string(),
  flagId: z.string(),
  revision: z.int().positive(),
  /** ISO 8601, by the database's clock as the writer last knew it. */
  at: z.string(),
  actor: Actor,
  action: DecisionAction,
  /** Why, in a person's or the workflow's words. */
  reason: z.string().max(1000),
  rolloutId: z.string().optional(),
  /** Id of the scheduled change that this write makes. */
  scheduledChange: z.string().max(60).optional(),
  transition: z.int().optional(),
  /** Index of the plan step, when a transition belongs to one. */
  step: z.int().optional(),
  weightBefore: z.number().optional(),
  weightAfter: z.number().optional(),
  /** Coded reasons and their numbers: the evidence the decision stood on. */
  evidence: z.array(Reason).max(40).optional(),
  notApplied: z.array(NotApplied).max(20).optional(),
  changes: z.array(FieldChange),
  /** Hash of the record of the previous revision; empty string for the first. */
  previousHash: z.string(),
  hash: z.string(),
});
export type DecisionRecord = z.infer<typeof DecisionRecord>;
