import { z } from 'zod';

const conclusion = z.enum(['better', 'worse', 'inconclusive']);
const level = z.number().nullable();
const role = z.enum(['primary', 'secondary']);
const effect = z.object({
  metric: z.string(),
  role,
  control: level,
  treatment: level,
  effect: level,
  lower: level,
  upper: level,
  evidence: z.number(),
  conclusion,
});

/** The last look, as the workflow has it: the effects that fit its history. */
const Look = z.object({
  at: z.string(),
  standing: z.object({
    winners: z.array(z.string()),
    losers: z.array(z.string()),
    mixed: z.array(z.string()),
    harmed: z.array(z.string()),
    doubts: z.array(z.string()),
    decided: z.boolean(),
    sample: z.number(),
  }),
  arms: z.array(
    z.object({
      variant: z.string(),
      effects: z.array(effect),
      harmEvidence: z.number(),
      guardrail: z.string().nullable(),
      harmed: z.boolean(),
      doubts: z.array(z.string()),
    }),
  ),
  omitted: z.number(),
  tension: z.number(),
  digest: z.string(),
});

/** The whole of the last look's analysis: all metrics of all treatments. */
export const AnalysisView = z.object({
  arms: z.array(
    z.object({
      variant: z.string(),
      effects: z.array(
        effect.extend({ controlCount: z.number(), treatmentCount: z.number(), shrunk: level.optional() }),
      ),
      guardrails: z.array(
        z.object({
          metric: z.string(),
          control: level,
          treatment: level,
          harm: level,
          margin: level,
          harmEvidence: z.number(),
        }),
      ),
      harmEvidence: z.number(),
      harmed: z.boolean(),
      doubts: z.array(
        z.object({
          code: z.string(),
          text: z.string(),
          metric: z.string().optional(),
          segment: z.string().optional(),
          numbers: z.record(z.string(), z.number()).optional(),
        }),
      ),
    }),
  ),
  decided: z.boolean(),
  harmed: z.array(z.string()),
  sample: z.number(),
  lastWindowAt: z.number().nullable(),
});

/** Phases of an experiment; the first three live. */
export const EXPERIMENT_PHASES = [
  'assessing',
  'running',
  'paused',
  'concluded',
  'stopped',
  'aborted',
  'refused',
] as const;
const Outcome = z.enum(['concluded', 'stopped', 'aborted', 'refused']);

/** Where an experiment stands. */
export const ExperimentView = z.object({
  experimentId: z.string(),
  environment: z.string(),
  flag: z.string(),
  control: z.string(),
  treatments: z.array(z.string()),
  armWeight: z.number(),
  phase: z.enum(EXPERIMENT_PHASES),
  outcome: Outcome.nullable(),
  waitingFor: z.enum(['operator', 'kill_switch']).nullable(),
  summary: z.string(),
  conclusion: z
    .object({
      kind: z.enum(['winner', 'control', 'mixed', 'no_difference', 'inconclusive', 'harm']),
      winners: z.array(z.string()),
      text: z.string(),
    })
    .nullable(),
  transition: z.number(),
  ranMs: z.number(),
  durationMs: z.number(),
  lastLook: Look.nullable(),
  nextLookAt: z.string().nullable(),
  timeline: z.array(
    z.object({ at: z.string(), what: z.string(), text: z.string(), transition: z.number().optional() }),
  ),
  startedAt: z.string(),
  startedBy: z.string(),
  owner: z.string().optional(),
  fromProjection: z.literal(true).optional(),
  /** With `GET` of one experiment, once it was looked at. */
  analysis: AnalysisView.optional(),
});

/** What a start came to. */
export const ExperimentStartAnswer = z.object({
  outcome: z.enum(['started', 'attached', 'finished', 'dry_run']),
  experimentId: z.string().nullable(),
  workflowId: z.string(),
  armWeight: z.number(),
  notes: z.array(z.string()),
  status: ExperimentView.optional(),
});
