import { z } from 'zod';
import { EnvironmentName, FlagKey, SegmentKey, VariantName } from '../document/identifiers';
import { Place } from '../document/rollout-block';
import { OnSegmentHarm, Pace, Preset, Risk, Watch } from './behaviour';
import { Dependencies } from './dependencies';
import { BuildFacts } from './build-facts';
import { Metric } from './metric';
import { Prediction } from './prediction';

/** Serve the candidate to `weight` percent of eligible targeting keys for `bakeMs`, then judge. */
export const RolloutStep = z.strictObject({
  weight: z.number().min(0.001).max(100),
  bakeMs: z.int().positive(),
  /** A person must approve before this step is entered. */
  approval: z.boolean(),
});
export type RolloutStep = z.infer<typeof RolloutStep>;

/** A weekly span in which nothing is raised; lowering is never delayed. */
export const Blackout = z.strictObject({
  /** IANA name, such as `Europe/Berlin`. */
  timeZone: z.string(),
  days: z.array(z.enum(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'])).min(1),
  /** Local wall-clock times `HH:MM`; a span whose end is not after its start goes over midnight. */
  from: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/),
  to: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$|^24:00$/),
});
export type Blackout = z.infer<typeof Blackout>;

/** A plan with every default filled in: what the workflow runs and the identity of a start is hashed over. */
export const RolloutPlan = z.strictObject({
  environment: EnvironmentName,
  flag: FlagKey,
  place: Place,
  candidate: VariantName,
  /** Ascending weights; the last one judged is below 100 and followed by the completion write. */
  steps: z.array(RolloutStep).min(1).max(50),
  metrics: z.array(Metric).min(1).max(40),
  /** How long each user is followed after the first exposure under a transition; only where a metric is per user. */
  followUsersMs: z.int().positive().optional(),
  /** Segments that are judged apart. */
  segments: z.array(SegmentKey).max(200),
  /** What follows when one of them alone is harmed; `exclude` in plans from before this was a choice. */
  onSegmentHarm: OnSegmentHarm.optional(),
  /** Promised share of false ones among exclusions. */
  falseExclusionRate: z.number().gt(0).max(0.5).optional(),
  /** Who may roll back; `guarded` in plans from before this was a choice. */
  preset: Preset.optional(),
  risk: Risk.optional(),
  /** What a prediction that the change fails leads to; it is only recorded in plans from before this was a choice. */
  prediction: Prediction.optional(),
  pace: Pace.optional(),
  /** Who calls whom below the flag's service, to look for causes in; none when left out. */
  dependencies: Dependencies.optional(),
  /** Looking on after completion; none when left out. */
  watch: Watch.optional(),
  /**
   * What requests are taken for: independent of each other, anything, or what the user cells show; `auto` in plans from
   * before this was a choice.
   */
  profile: z.enum(['fast', 'safe', 'auto']).optional(),
  /** How long after the start and each raise latency is not held against the candidate. */
  warmUpMs: z.int().min(0).max(3_600_000).optional(),
  falseRollbackRate: z.number().gt(0).max(0.2),
  falsePromotionRate: z.number().gt(0).max(0.5),
  minimumSample: z.int().min(1).max(10_000_000),
  /** What silence past its deadline leads to. */
  onNoData: z.enum(['hold', 'roll_back']),
  noDataDeadlineMs: z.int().positive(),
  /** What `inconclusiveAfterBakes` bakes without a decision lead to; `{ continueTo }` goes on up to that weight. */
  onInconclusive: z.union([z.enum(['hold', 'roll_back']), z.strictObject({ continueTo: z.number().min(0).max(100) })]),
  inconclusiveAfterBakes: z.int().min(1).max(100),
  onLapse: z.enum(['control', 'freeze']),
  /** Where the rollout goes on after a lapse. */
  afterLapse: z.enum(['first_step', 'same_step']),
  leaseMs: z.int().min(5_000),
  /** How far `narrow` steps back: to the previous step, or by a number of percent points. */
  narrowBy: z.union([z.literal('step'), z.number().positive().max(100)]),
  /** Percent of eligible keys that keep the control after completion; 0 for none. */
  controlHoldback: z.number().min(0).max(50),
  look: z.strictObject({ shortestMs: z.int().min(1000), longestMs: z.int().min(1000) }),
  windowMs: z.int().min(1000).max(300_000),
  approvals: z.strictObject({
    /** The person who started the rollout may not approve it. */
    forbidStarter: z.boolean(),
    /** Messages without a signed actor may approve. */
    allowUnverified: z.boolean(),
  }),
  blackouts: z.array(Blackout).max(50),
  owner: z.string().max(200).optional(),
  /** What is being rolled out, for the record; `id` (a commit, a pull request) is part of the identity of a start. */
  change: z
    .strictObject({
      id: z.string().max(200),
      title: z.string().max(300).optional(),
      url: z.string().max(1000).optional(),
      author: z.string().max(200).optional(),
      /** What CI tells of its build, for predictions. */
      build: BuildFacts.optional(),
    })
    .optional(),
});
export type RolloutPlan = z.infer<typeof RolloutPlan>;
