import { z } from 'zod';
import { Actor, NotApplied, Reason } from '../../flags/document/decision-record';
import { RolloutPlan } from '../../flags/plan/plan';
import { Causes } from './causes-view';

const metric = z.object({
  metric: z.string(),
  control: z.number().nullable(),
  candidate: z.number().nullable(),
  harm: z.number().nullable(),
  harmLower: z.number().nullable(),
  harmUpper: z.number().nullable(),
  margin: z.number().nullable(),
  harmEvidence: z.number(),
  safetyShown: z.boolean(),
});

const segment = z.object({
  segment: z.string(),
  excluded: z.boolean(),
  harmed: z.boolean(),
  harmEvidence: z.number(),
  metric: z.string().nullable(),
  control: z.number().nullable(),
  candidate: z.number().nullable(),
  harm: z.number().nullable(),
});

const risk = z.object({
  score: z.number(),
  severity: z.number(),
  persistence: z.number(),
  audience: z.number(),
  correlation: z.number(),
  anomalyWeight: z.number(),
  segmentWeight: z.number(),
  narrowAt: z.number(),
  rollbackAt: z.number(),
  metric: z.string().nullable(),
  segment: z.string().nullable(),
});

const pace = z.object({
  speed: z.enum(['rapid', 'moderate', 'pause', 'back']),
  nextWeight: z.number(),
  bakeMs: z.number(),
  intervalMs: z.number(),
});

/** What the last look of a rollout saw. */
const Look = z.object({
  at: z.string(),
  verdict: z.string(),
  reasons: z.array(Reason),
  metrics: z.array(metric),
  harmEvidence: z.number(),
  dataQuality: z.string(),
  sample: z.object({ control: z.number(), candidate: z.number() }),
  tension: z.number(),
  /** Segments the judge asked to exclude at that look. */
  exclude: z.array(z.string()).optional(),
  /** The segments that most speaks against. */
  segments: z.array(segment).optional(),
  risk: risk.optional(),
  pace: pace.optional(),
  watch: z.object({ metric: z.string(), evidence: z.number(), alarm: z.boolean() }).optional(),
  /** 1 less the failure probability. */
  confidence: z.number().optional(),
  /** The failure probability some looks ahead, with bounds of 90 %. */
  failureForecast: z
    .object({ looks: z.number(), probability: z.number(), lower: z.number(), upper: z.number(), isAlert: z.boolean() })
    .optional(),
  digest: z.string(),
});

/** Every phase of a rollout, as the API names them. */
export const PHASES = [
  'assessing',
  'progressing',
  'paused',
  'narrowed',
  'completed',
  'rolled_back',
  'aborted',
  'superseded',
  'refused',
] as const;

/** A rollout's status as the API documents it; the type the workflow answers with is RolloutStatus. */
export const StatusView = z.object({
  rolloutId: z.string(),
  environment: z.string(),
  flag: z.string(),
  candidate: z.string(),
  phase: z.enum(PHASES),
  waitingFor: z.enum(['bake', 'data', 'approval', 'blackout', 'operator', 'kill_switch']).nullable(),
  summary: z.string(),
  step: z.int(),
  steps: z.array(z.object({ weight: z.number(), bakeMs: z.int() })),
  weight: z.number(),
  transition: z.int(),
  bakedMs: z.number(),
  bakeMs: z.number(),
  startedAt: z.string(),
  startedBy: z.string(),
  excludedSegments: z.array(z.string()),
  lastLook: Look.nullable(),
  nextLookAt: z.string().nullable(),
  /** True when no worker answered and this is what the database last heard. */
  fromProjection: z.literal(true).optional(),
  /** Age of a status from the projection. */
  ageMs: z.number().optional(),
  /** The environment's kill switch, while it is on. */
  killSwitch: z.object({ since: z.string(), by: z.string(), reason: z.string() }).optional(),
  /** The workflow in the Temporal Web UI. */
  webUrl: z.string().optional(),
});

/** A rollout's numbered transitions. */
export const TimelineView = z.array(
  z.object({
    at: z.string(),
    action: z.string(),
    transition: z.int().optional(),
    /** Percent after it. */
    weight: z.number().optional(),
    actor: Actor,
    reason: z.string(),
    evidence: z.array(Reason).optional(),
    /** Raises that this lowering overtook. */
    notApplied: z.array(NotApplied).optional(),
    /** Revision of the flag it made. */
    revision: z.int(),
    /** What is thought to have caused a lowering; missing until it has been looked for. */
    causes: Causes.optional(),
  }),
);

/** Answer to a start. */
export const StartAnswer = z.object({
  outcome: z.enum(['started', 'attached', 'finished', 'dry_run']),
  /** Null for a dry run. */
  rolloutId: z.string().nullable(),
  workflowId: z.string(),
  webUrl: z.string().optional(),
  /** Of a finished one. */
  status: StatusView.optional(),
  /** With every default filled in. */
  plan: RolloutPlan,
  notes: z.array(z.string()),
});

/** What a message came to. */
export const MessageView = z.object({
  accepted: z.boolean(),
  text: z.string(),
  transition: z.int().optional(),
  state: z.string(),
  weight: z.number(),
});

/** A message left for when a worker is back. */
export const QueuedView = z.object({ queued: z.literal(true), id: z.string() });
