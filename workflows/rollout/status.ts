import type { Reason } from '../../flags/document/decision-record';

/** Where a rollout is in its life. The first four live; the rest are ends. */
export const RolloutPhase = {
  Assessing: 'assessing',
  Progressing: 'progressing',
  Paused: 'paused',
  Narrowed: 'narrowed',
  Completed: 'completed',
  RolledBack: 'rolled_back',
  Aborted: 'aborted',
  Superseded: 'superseded',
  Refused: 'refused',
} as const;
/** One of the phases. */
export type RolloutPhase = (typeof RolloutPhase)[keyof typeof RolloutPhase];

/** How a rollout may end. */
export type RolloutOutcome = 'completed' | 'rolled_back' | 'aborted' | 'superseded' | 'refused';

/** Whether a phase is an end. */
export function isTerminal(phase: RolloutPhase): phase is RolloutOutcome {
  return (
    phase === 'completed' ||
    phase === 'rolled_back' ||
    phase === 'aborted' ||
    phase === 'superseded' ||
    phase === 'refused'
  );
}

/** What a live rollout waits for before it raises; null while nothing is due. */
export type WaitingFor = 'bake' | 'data' | 'approval' | 'blackout' | 'operator' | 'kill_switch' | null;

/** One guardrail or goal as the last look saw it. */
export interface MetricStatus {
  readonly metric: string;
  readonly control: number | null;
  readonly candidate: number | null;
  readonly harm: number | null;
  readonly harmLower: number | null;
  readonly harmUpper: number | null;
  readonly margin: number | null;
  readonly harmEvidence: number;
  readonly safetyShown: boolean;
}

/** One segment as the last look saw it: the guardrail that says most against it. */
export interface SegmentStatus {
  readonly segment: string;
  readonly excluded: boolean;
  readonly harmed: boolean;
  readonly harmEvidence: number;
  readonly metric: string | null;
  readonly control: number | null;
  readonly candidate: number | null;
  /** Harm pulled towards what all segments have in common. */
  readonly harm: number | null;
}

/** The risk score with what it was made of and compared with. */
export interface RiskStatus {
  /** 0 to 100. */
  readonly score: number;
  readonly severity: number;
  readonly persistence: number;
  readonly audience: number;
  readonly correlation: number;
  readonly anomalyWeight: number;
  readonly segmentWeight: number;
  readonly narrowAt: number;
  readonly rollbackAt: number;
  /** Severity and persistence are those of all metrics of the segment together. */
  readonly together?: boolean;
  readonly metric: string | null;
  readonly segment: string | null;
}

/** How fast an adaptive rollout moves. */
export interface PaceStatus {
  readonly speed: 'rapid' | 'moderate' | 'pause' | 'back';
  /** Percent that the next raise serves: what safety was asked for at this look. */
  readonly nextWeight: number;
  /** How long the present weight is to be baked. */
  readonly bakeMs: number;
  /** Time to the next look. */
  readonly intervalMs: number;
}

/** The failure probability some looks ahead. */
export interface FailureForecastStatus {
  readonly looks: number;
  readonly probability: number;
  /** Bounds that together hold with 90 %. */
  readonly lower: number;
  readonly upper: number;
  /** Surely past the plan's threshold for telling people. */
  readonly isAlert: boolean;
}

/** What looking on after completion has seen. */
export interface WatchStatus {
  readonly metric: string;
  readonly evidence: number;
  readonly alarm: boolean;
}

/** The last look in short: what the workflow keeps of an analysis. */
export interface LookStatus {
  readonly at: string;
  readonly verdict: string;
  readonly reasons: readonly Reason[];
  readonly metrics: readonly MetricStatus[];
  readonly harmEvidence: number;
  readonly dataQuality: string;
  readonly sample: { readonly control: number; readonly candidate: number };
  readonly tension: number;
  /** Segments to be excluded now, beside any verdict. */
  readonly exclude?: readonly string[];
  /** The segments most worth seeing, by evidence. */
  readonly segments?: readonly SegmentStatus[];
  readonly risk?: RiskStatus;
  /** While everybody is served and watched. */
  readonly watch?: WatchStatus;
  /** Of an adaptive rollout. */
  readonly pace?: PaceStatus;
  /** 1 − the failure probability, 0 to 1. */
  readonly confidence?: number;
  /** Where the failure probability is going. */
  readonly failureForecast?: FailureForecastStatus;
  /** SHA-256 of the whole analysis, which stands in the worker's log and the stored state. */
  readonly digest: string;
}

/** Answer of the `status` query and body of the status API. */
export interface RolloutStatus {
  readonly rolloutId: string;
  readonly environment: string;
  readonly flag: string;
  readonly candidate: string;
  readonly phase: RolloutPhase;
  readonly waitingFor: WaitingFor;
  /** One sentence: what it is doing or why it ended. */
  readonly summary: string;
  readonly step: number;
  readonly steps: readonly { readonly weight: number; readonly bakeMs: number }[];
  readonly weight: number;
  readonly transition: number;
  readonly bakedMs: number;
  readonly bakeMs: number;
  readonly startedAt: string;
  readonly startedBy: string;
  /** What was predicted of the change; absent when nothing was told of it. */
  readonly prediction?: Reason;
  /** Which features were known before the start and which were missing; absent until they have been gathered. */
  readonly features?: readonly Reason[];
  readonly excludedSegments: readonly string[];
  readonly lastLook: LookStatus | null;
  readonly nextLookAt: string | null;
}

/** One line of a rollout's story. */
export interface TimelineEntry {
  readonly at: string;
  readonly what: string;
  readonly text: string;
  readonly transition?: number;
  readonly weight?: number;
}
