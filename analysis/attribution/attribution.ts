import type { RankedCause } from './service-graph';

/** What may have caused a finding. */
export interface CauseSubject {
  readonly kind: 'rollout' | 'flag' | 'dependency' | 'infrastructure';
  /** Flag key, service or series. */
  readonly name: string;
}

/** Stable codes of what speaks for or against a cause. */
export const CauseCode = {
  /** The arms, chosen at random and served at the same time, differ. */
  ArmsDiffer: 'ARMS_DIFFER',
  /** The arms do not differ, or not beyond the margin. */
  ArmsAlike: 'ARMS_ALIKE',
  /** The trouble is in both arms and began within one bake of a raise. */
  AfterRaise: 'AFTER_RAISE',
  /** It changed shortly before the trouble began. */
  ChangedBefore: 'CHANGED_BEFORE',
  /** It changed after the trouble began. */
  ChangedAfter: 'CHANGED_AFTER',
  /** It meets both arms alike, so it cannot be what makes them differ. */
  MeetsBothArms: 'MEETS_BOTH_ARMS',
  /** It depends on this flag, or this flag on it, so it can act in one arm alone. */
  Depends: 'DEPENDS',
  /** It names the same segments. */
  SharesSegments: 'SHARES_SEGMENTS',
  /** Its trouble began before or with the effect's. */
  MovedFirst: 'MOVED_FIRST',
  /** Its trouble began after the effect's. */
  MovedLater: 'MOVED_LATER',
  /** It did not leave its usual range. */
  StoodStill: 'STOOD_STILL',
  /** Its past helps to predict the effect, given the traffic. */
  Predicts: 'PREDICTS',
  /** Its past does not help to predict the effect. */
  PredictsNothing: 'PREDICTS_NOTHING',
  /** The series are too short, constant or collinear to say. */
  NotTestable: 'NOT_TESTABLE',
  /** The excess, followed down the calls, ends there. */
  ExcessEndsThere: 'EXCESS_ENDS_THERE',
} as const;
/** One of the codes. */
export type CauseCode = (typeof CauseCode)[keyof typeof CauseCode];

/** One piece of evidence with its numbers. */
export interface CauseEvidence {
  readonly code: CauseCode;
  readonly text: string;
  readonly numbers?: Readonly<Record<string, number>>;
}

/** A cause that was not cleared. */
export interface AttributedCause {
  readonly subject: CauseSubject;
  /** Sum of the weights of its evidence; it ranks, and is no probability. */
  readonly weight: number;
  /**
   * `strong` rests on the randomised split; `moderate` on lag and prediction or on two kinds of evidence; `weak` on
   * timing alone.
   */
  readonly strength: 'strong' | 'moderate' | 'weak';
  readonly evidence: readonly CauseEvidence[];
}

/** A cause that was looked at and found not to explain the finding. */
export interface ClearedCause {
  readonly subject: CauseSubject;
  readonly evidence: CauseEvidence;
}

/** What is thought to have caused a narrowing or rollback. */
export interface Attribution {
  /** `rollout`: the arms differ. `incident`: both arms alike. `both`: both. `undetermined`: neither is shown. */
  readonly kind: 'rollout' | 'incident' | 'both' | 'undetermined';
  /** One or two sentences for a person. */
  readonly summary: string;
  readonly metric: string | null;
  /** When the trouble is seen to have begun, in milliseconds; null when no series shows it. */
  readonly onsetAtMs: number | null;
  /** Likeliest first. */
  readonly causes: readonly AttributedCause[];
  readonly cleared: readonly ClearedCause[];
}

/** One guardrail as the deciding look saw it. All in the metric's unit; harm is positive when worse. */
export interface AttributedFinding {
  readonly metric: string;
  /** The segment that is harmed alone; everybody when omitted. */
  readonly segment?: string;
  readonly harm: number | null;
  readonly harmLower: number | null;
  /** E-value against 'the harm is within the margin'. */
  readonly harmEvidence: number;
  readonly margin: number | null;
}

/** A write of another flag in the time looked at. */
export interface OtherChange {
  readonly flag: string;
  readonly atMs: number;
  /** Such as `flag.edit` or `rollout.raise`. */
  readonly action: string;
  readonly weightBefore?: number;
  readonly weightAfter?: number;
  /** How it and this flag depend on each other by prerequisites. */
  readonly relation: 'depends_on_us' | 'we_depend_on_it' | null;
  /** Segments that both flags name. */
  readonly sharedSegments: readonly string[];
}

/** Values at the windows' starts, oldest first, NaN where missing; positive is worse for effects. */
export interface AlignedSeries {
  readonly name: string;
  readonly kind: 'dependency' | 'infrastructure';
  readonly values: readonly number[];
}

/** Everything an attribution rests on. */
export interface AttributionInput {
  readonly flag: string;
  readonly findings: readonly AttributedFinding[];
  /** Codes of the reasons of the deciding look. */
  readonly reasonCodes: readonly string[];
  readonly raisedAtMs: number;
  readonly bakeMs: number;
  readonly decidedAtMs: number;
  /** Harm per window of the metric that is worst off in each arm, and the requests: what the series are held against. */
  readonly windows: {
    readonly fromMs: number;
    readonly stepMs: number;
    readonly control: readonly number[];
    readonly candidate: readonly number[];
    readonly requests: readonly number[];
  };
  readonly others: readonly OtherChange[];
  readonly series: readonly AlignedSeries[];
  /** Root causes over a service graph, where one is measured; none when left out. */
  readonly graphCauses?: readonly RankedCause[];
}
