import type { AnalysisReason, AnalysisState } from '../types';
import type { Metric } from '../../flags/plan/metric';
import type { Stratum } from '../../metrics/windows';

/** What the analysis needs of an experiment's plan. */
export interface ExperimentJudgePlan {
  readonly metrics: readonly Metric[];
  /** What each metric is for, by name. */
  readonly roles: Readonly<Record<string, 'primary' | 'secondary' | 'guardrail'>>;
  readonly falsePositiveRate: number;
  readonly falseDiscoveryRate: number;
  /** Promised chance that guardrails of all treatments together are called harmed although all are within their margins. */
  readonly falseHarmRate: number;
  readonly profile?: 'fast' | 'safe' | 'auto';
  readonly warmUpMs?: number;
}

/** One look at an experiment. */
export interface ExperimentInput {
  readonly plan: ExperimentJudgePlan;
  /** Number of the transition in force. */
  readonly transition: number;
  readonly startedAtMs: number;
  /** Closed strata not judged before of each treatment against the control, in time order, by variant. */
  readonly strata: Readonly<Record<string, readonly Stratum[]>>;
  /** What the last look returned; null at the first. */
  readonly state: AnalysisState | null;
  readonly nowMs: number;
}

/** What a metric came to: nothing is called different unless its evidence passes what the promises ask for. */
export const Conclusion = { Better: 'better', Worse: 'worse', Inconclusive: 'inconclusive' } as const;
/** One of the conclusions. */
export type Conclusion = (typeof Conclusion)[keyof typeof Conclusion];

/** A goal metric of one treatment against the control. */
export interface EffectFinding {
  readonly metric: string;
  readonly role: 'primary' | 'secondary';
  /** Units of each arm: requests, values or users. */
  readonly controlCount: number;
  readonly treatmentCount: number;
  /** Levels of the arms in the metric's unit; null without data. */
  readonly control: number | null;
  readonly treatment: number | null;
  /** Treatment less control, in the metric's unit, with its always-valid interval; a bound is null while nothing bounds it. */
  readonly effect: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
  /**
   * The effect pulled towards what all treatments have in common, as far as it is noise; null with fewer than three
   * treatments.
   */
  readonly shrunk: number | null;
  /** Evidence (e-value) against 'there is no difference'. */
  readonly evidence: number;
  readonly conclusion: Conclusion;
}

/** A guardrail of one treatment against the control. */
export interface GuardrailFinding {
  readonly metric: string;
  readonly control: number | null;
  readonly treatment: number | null;
  /** How much worse the treatment is, in the metric's unit, positive is worse. */
  readonly harm: number | null;
  readonly margin: number | null;
  /** Evidence (e-value) against 'the harm is within the margin'. */
  readonly harmEvidence: number;
}

/** One treatment. */
export interface ArmFinding {
  readonly variant: string;
  readonly effects: readonly EffectFinding[];
  readonly guardrails: readonly GuardrailFinding[];
  /** Combined evidence over its guardrails. */
  readonly harmEvidence: number;
  readonly harmed: boolean;
  /**
   * Why its numbers are not to be believed: arms of the wrong size, users who met two variants, outcomes missing.
   * Nothing is concluded then.
   */
  readonly doubts: readonly AnalysisReason[];
}

/** What one look at an experiment found. */
export interface ExperimentAnalysis {
  readonly arms: readonly ArmFinding[];
  /** Every primary metric of every treatment is concluded. */
  readonly decided: boolean;
  /** Treatments whose guardrails are harmed. */
  readonly harmed: readonly string[];
  /** Units of the primary metric and arm that has fewest. */
  readonly sample: number;
  readonly lastWindowAt: number | null;
}
