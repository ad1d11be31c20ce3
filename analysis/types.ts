import type { Metric } from '../flags/plan/metric';
import type { BaselineProfile } from '../ml/baseline/profile';
import type { TogetherBaseline } from './risk/together';
import type { DataQuality, SourceTrouble, Stratum } from '../metrics/windows';

/**
 * What the workflow is told to do. `promote` says only that the evidence allows it: approvals and blackouts are the
 * workflow's.
 */
export const Verdict = { Promote: 'promote', Hold: 'hold', Narrow: 'narrow', Rollback: 'rollback' } as const;
/** One of the verdicts. */
export type Verdict = (typeof Verdict)[keyof typeof Verdict];

/** Stable codes of what an analysis found; each comes with its numbers. */
export const ReasonCode = {
  GuardrailHarm: 'GUARDRAIL_HARM',
  CeilingPassed: 'CEILING_PASSED',
  SharedFaultAfterRaise: 'SHARED_FAULT_AFTER_RAISE',
  SharedFault: 'SHARED_FAULT',
  SampleRatioMismatch: 'SAMPLE_RATIO_MISMATCH',
  MixedExposure: 'MIXED_EXPOSURE',
  OutcomesMissing: 'OUTCOMES_MISSING',
  LateDataDiffers: 'LATE_DATA_DIFFERS',
  NoData: 'NO_DATA',
  NoDataDeadline: 'NO_DATA_DEADLINE',
  TooFewUnits: 'TOO_FEW_UNITS',
  BakeNotServed: 'BAKE_NOT_SERVED',
  SafetyNotShown: 'SAFETY_NOT_SHOWN',
  SafetyShown: 'SAFETY_SHOWN',
  Inconclusive: 'INCONCLUSIVE',
  SegmentHarm: 'SEGMENT_HARM',
  SegmentEvidenceRestarted: 'SEGMENT_EVIDENCE_RESTARTED',
  RiskHigh: 'RISK_HIGH',
  RiskCritical: 'RISK_CRITICAL',
  ForecastCrosses: 'FORECAST_CROSSES',
  LowConfidence: 'LOW_CONFIDENCE',
  FailureForecast: 'FAILURE_FORECAST',
} as const;
/** One of the reason codes. */
export type ReasonCode = (typeof ReasonCode)[keyof typeof ReasonCode];

/** A coded reason with the numbers behind it. */
export interface AnalysisReason {
  readonly code: ReasonCode;
  readonly text: string;
  readonly metric?: string;
  readonly segment?: string;
  readonly numbers?: Readonly<Record<string, number>>;
}

/**
 * What the judge takes requests for. `fast`: independent of each other, so that a few minutes decide. `safe`: anything,
 * so that harm must persist over minutes beyond their noise. `auto`: what the user cells show them to be, and `safe`
 * where there are none.
 */
export const Profile = { Fast: 'fast', Safe: 'safe', Auto: 'auto' } as const;
/** One of the profiles. */
export type Profile = (typeof Profile)[keyof typeof Profile];

/** What of the plan the judge needs. */
export interface JudgePlan {
  readonly metrics: readonly Metric[];
  /** Promised chance of rolling back a rollout whose guardrails are all within their margins, over all looks and metrics. */
  readonly falseRollbackRate: number;
  /** Promised chance of promoting a guardrail that is at its margin. */
  readonly falsePromotionRate: number;
  /** Outcomes of the guardrails' events each arm must have within the current step. */
  readonly minimumSample: number;
  /** What a fault of both arms right after a raise, or silence past its deadline, leads to. */
  readonly onNoData: 'hold' | 'roll_back';
  /** Silence longer than this is past its deadline, in milliseconds. */
  readonly noDataDeadlineMs: number;
  /** What the judge takes requests for; `auto` when left out. */
  readonly profile?: Profile;
  /** How long after the start and each raise latency is not held against the candidate; 4 minutes when left out. */
  readonly warmUpMs?: number;
  /** Segments that are judged apart; none when left out. */
  readonly segments?: readonly string[];
  /** What follows when a segment alone is harmed; `exclude` when left out. */
  readonly onSegmentHarm?: 'exclude' | 'hold' | 'report';
  /** Promised share of false ones among the exclusions, over all segments together; 0.05 when left out. */
  readonly falseExclusionRate?: number;
  /** Who may roll back; `guarded` when left out. */
  readonly preset?: 'guarded' | 'predictive';
  /** Weights and thresholds of the risk score; no score when left out. */
  readonly risk?: RiskWeights;
  /** How far the failure probability is forecast, and what follows; people are alerted when left out. */
  readonly failureForecast?: FailureForecastPlan;
  /** How an adaptive rollout moves; the plan's steps count when left out. */
  readonly adaptive?: PacePlan;
  /**
   * Percent from which on everybody is served and, with no control left, compared with the past; nobody looks on when
   * left out.
   */
  readonly watchFrom?: number;
}

/** How far the failure probability is forecast, and from which probabilities on what follows. */
export interface FailureForecastPlan {
  readonly looks: number;
  readonly alertAt: number;
  /** Never when left out. */
  readonly narrowAt?: number;
  readonly rollbackAt?: number;
}

/** Weights and thresholds of the risk score. */
export interface RiskWeights {
  readonly anomalyWeight: number;
  readonly segmentWeight: number;
  /** 0 to 100. */
  readonly narrowAt: number;
  readonly rollbackAt: number;
}

/** What an adaptive rollout's moves depend on. */
export interface PacePlan {
  /** Percent that completion serves. */
  readonly completionWeight: number;
  readonly look: { readonly shortestMs: number; readonly longestMs: number };
}

/** Where the rollout stands when it is looked at. */
export interface StepContext {
  readonly step: number;
  /** Percent now served by plan or override. */
  readonly weight: number;
  /** Percent the next promotion would serve; 100 for completion. */
  readonly nextWeight: number;
  readonly transition: number;
  /** When the current step's weight was first written, by the database clock. */
  readonly stepStartedAt: number;
  /** When the weight was last raised. */
  readonly raisedAt: number;
  readonly bakeMs: number;
  /** Leased time already served at this step. */
  readonly bakedMs: number;
  /** Grows whenever safety evidence must start afresh (exclusion, readmission, edit). */
  readonly safetyEpoch: number;
  /** Grows when the candidate's value changed, so harm evidence starts afresh too. */
  readonly harmEpoch: number;
  /** Nobody was served before: silence counts from then on; from the first data when left out. */
  readonly judgeFrom?: number;
  /** Segments that get the control for now; none when left out. */
  readonly excludedSegments?: readonly string[];
}

/** One look. */
export interface AnalysisInput {
  readonly plan: JudgePlan;
  readonly context: StepContext;
  /** Closed strata not judged before, in time order. */
  readonly strata: readonly Stratum[];
  /** What {@link analyse} returned last time; null at the first look. */
  readonly state: AnalysisState | null;
  /** The source did not answer at this look. */
  readonly sourceDown: boolean;
  /** The change's own failure probability before any evidence, 0 to 1; nothing is known when left out. */
  readonly failurePrior?: number;
  /** What is usual for everybody, by metric; nothing is known when left out. */
  readonly baselines?: Readonly<Record<string, BaselineProfile>>;
  /** How all metrics usually move together, by segment, everybody's under `*`; nothing is known when left out. */
  readonly together?: Readonly<Record<string, TogetherBaseline>>;
  /**
   * What keeps some or all metrics away at this look; when omitted or null, nothing. It holds the rollout, and what
   * other metrics show still counts.
   */
  readonly sourceTrouble?: SourceTrouble | null;
  readonly nowMs: number;
}

/** One metric's findings so far. */
export interface MetricFinding {
  readonly metric: string;
  readonly segment: string;
  readonly role: 'guardrail' | 'goal';
  /** Outcomes of each arm in the current evidence. */
  readonly controlCount: number;
  readonly candidateCount: number;
  /** The arms' values, weighted alike over strata. Null without data. */
  readonly control: number | null;
  readonly candidate: number | null;
  /** Harm: how much worse the candidate is, in the metric's unit, positive is worse; with its always-valid interval. */
  readonly harm: number | null;
  readonly harmLower: number | null;
  readonly harmUpper: number | null;
  /** The margin in the metric's unit, at the control's present level. */
  readonly margin: number | null;
  /** Evidence (e-value) against 'the harm is within the margin'. */
  readonly harmEvidence: number;
  /** Evidence (e-value) against 'the harm at the next weight is past the margin'. */
  readonly safetyEvidence: number;
  readonly safetyShown: boolean;
}

/** The risk score of a look with all that went into it, for the record. */
export interface RiskFinding extends RiskWeights {
  /** 0 to 100: `100 × (anomalyWeight × severity × persistence + segmentWeight × audience × correlation)`. */
  readonly score: number;
  readonly severity: number;
  readonly persistence: number;
  readonly audience: number;
  readonly correlation: number;
  /** Severity and persistence are those of all metrics of the segment together. */
  readonly together: boolean;
  /** Metric and segment that score highest. */
  readonly metric: string;
  readonly segment: string;
}

/** A metric that is forecast to cross its factor. */
export interface CrossingFinding {
  readonly metric: string;
  readonly factor: number;
  /** Percent at which: the weight served or the next one. */
  readonly weight: number;
  /** Candidate over control now; null with too few windows. */
  readonly measured: number | null;
  /** Candidate over control as forecast, with the interval that holds it. */
  readonly value: number;
  readonly lower: number;
  readonly upper: number;
}

/** What looking on has seen, by the metric that differs most from its past. */
export interface WatchFinding {
  readonly metric: string;
  /** Evidence that it has stopped to be as before. */
  readonly evidence: number;
  /** Evidence past what a week without a false alarm allows; stays so. */
  readonly alarm: boolean;
}

/** How an adaptive rollout moves after this look. */
export interface PaceFinding {
  readonly speed: 'rapid' | 'moderate' | 'pause' | 'back';
  /** Percent that the next raise serves; safety was asked for at this weight. */
  readonly nextWeight: number;
  readonly bakeMs: number;
  readonly intervalMs: number;
}

/** One metric in one segment, as evidence since the segment took part. */
export interface SegmentMetricFinding {
  readonly metric: string;
  readonly controlCount: number;
  readonly candidateCount: number;
  readonly control: number;
  readonly candidate: number;
  /** Harm as measured, in the metric's unit, positive is worse. */
  readonly harm: number;
  /**
   * The same, pulled towards what all segments have in common as far as it is noise: for display. Null with too little
   * data.
   */
  readonly shrunkHarm: number | null;
  /** Evidence (e-value) against 'the harm is within the margin'; 1 for goals. */
  readonly harmEvidence: number;
}

/** One segment's findings so far. */
export interface SegmentFinding {
  readonly segment: string;
  /** It gets the control for now; the numbers are from before. */
  readonly excluded: boolean;
  /** Its evidence passes what the promised share of false exclusions asks for. */
  readonly harmed: boolean;
  /** Mean evidence over the guardrails. */
  readonly harmEvidence: number;
  readonly metrics: readonly SegmentMetricFinding[];
}

/** The failure probability some looks ahead. */
export interface FailureForecast {
  readonly looks: number;
  readonly probability: number;
  /** Bounds that together hold with 90 %: for steps of evidence that follow each other, simulated in docs/risk.md. */
  readonly lower: number;
  readonly upper: number;
  /** It rises, and with 80 % is past the plan's threshold for telling people. */
  readonly isAlert: boolean;
  /** What the plan's other thresholds ask for. */
  readonly asks: 'nothing' | 'narrow' | 'rollback';
}

/** The whole judgement of one look. */
export interface Analysis {
  readonly verdict: Verdict;
  readonly reasons: readonly AnalysisReason[];
  readonly findings: readonly MetricFinding[];
  readonly segments: readonly SegmentFinding[];
  /** Segments to be excluded now, beside any verdict: harmed alone, while the rest goes on. */
  readonly exclude: readonly string[];
  /** Null without a scale in the plan, or without data. */
  readonly risk: RiskFinding | null;
  /** Null unless the pace is adaptive. */
  readonly pace: PaceFinding | null;
  /** Metrics that are forecast to cross their factor. */
  readonly crossings: readonly CrossingFinding[];
  /** Null unless everybody is served and watched. */
  readonly watch: WatchFinding | null;
  /** 1 less the failure probability; null when neither a prior is known nor the pace adaptive. */
  readonly confidence: number | null;
  /** The failure probability some looks ahead; null without a confidence, or while too little is known. */
  readonly failureForecast: FailureForecast | null;
  /** Combined evidence over all guardrails; rolls back at 1 / falseRollbackRate. */
  readonly harmEvidence: number;
  readonly sampleRatio: { readonly expected: number; readonly observed: number | null; readonly evidence: number };
  readonly dataQuality: DataQuality;
  /** Start of the last window judged, or null. */
  readonly lastWindowAt: number | null;
  /** Requests or other guardrail outcomes of each arm in the current step. */
  readonly stepSample: { readonly control: number; readonly candidate: number };
  /** 0 calm – 1 at the edge of a rollback: shortens the interval between looks. */
  readonly tension: number;
}

/** Everything the judge must remember between looks: plain JSON, bounded, keyed by the last closed window. */
export interface AnalysisState {
  readonly version: number;
  readonly lastWindowAt: number | null;
  readonly [key: string]: unknown;
}

/** An analysis and the state to hand in at the next look. */
export interface AnalysisResult {
  readonly analysis: Analysis;
  readonly state: AnalysisState;
}
