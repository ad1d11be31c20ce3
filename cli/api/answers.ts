import type { Attribution } from '../../analysis/attribution/attribution';
import type { Actor, NotApplied, Reason } from '../../flags/document/decision-record';
import type { Flag } from '../../flags/document/flag';
import type { Holdout, HoldoutSet } from '../../flags/document/holdout';
import type { RolloutPlan } from '../../flags/plan/plan';
import type { CompactWindow } from '../../metrics/compaction';
import type { RolloutStatus } from '../../workflows/rollout/status';
import type { TrainingReport } from '../../workflows/training/messages';

/** A rollout's status as the API answers it. */
export type StatusAnswer = RolloutStatus & {
  /** No worker answered: this is what the database last heard, `ageMs` ago. */
  readonly fromProjection?: true;
  readonly ageMs?: number;
  /** The environment's kill switch, while it is on. */
  readonly killSwitch?: { readonly since: string; readonly by: string; readonly reason: string };
  /** The workflow in the Temporal Web UI. */
  readonly webUrl?: string;
};

/** An environment's kill switch; `lastChange` is null where it was never used. */
export interface KillSwitchAnswer {
  readonly environment: string;
  readonly on: boolean;
  readonly revision: number;
  readonly lastChange: {
    readonly at: string;
    readonly actor: { readonly name: string };
    readonly reason: string;
  } | null;
}

/** All holdouts of an environment, oldest first. */
export type HoldoutSetAnswer = HoldoutSet;

/** One holdout, with the flags that it covers now. */
export type HoldoutAnswer = Holdout & { readonly coveredFlags: readonly string[]; readonly coveredCount: number };

/** What a start came to. */
export interface StartAnswer {
  readonly outcome: 'started' | 'attached' | 'finished' | 'dry_run';
  /** Null for a dry run. */
  readonly rolloutId: string | null;
  readonly workflowId: string;
  readonly webUrl?: string;
  /** Of a finished one. */
  readonly status?: StatusAnswer;
  readonly plan: RolloutPlan;
  readonly notes: readonly string[];
}

/** What a message came to, or that it was left for when a worker is back. */
export type MessageAnswer =
  | {
      readonly accepted: boolean;
      readonly text: string;
      readonly transition?: number;
      readonly state: string;
      readonly weight: number;
    }
  | { readonly queued: true; readonly id: string };

/** One numbered transition of a rollout. */
export interface TimelineLine {
  readonly at: string;
  readonly action: string;
  readonly transition?: number;
  readonly weight?: number;
  readonly actor: Actor;
  readonly reason: string;
  readonly evidence?: readonly Reason[];
  readonly notApplied?: readonly NotApplied[];
  readonly revision: number;
  /** Of a lowering, once they have been looked for. */
  readonly causes?: CausesAnswer;
}

/** What is thought to have caused a lowering. */
export interface CausesAnswer extends Omit<Attribution, 'onsetAtMs'> {
  readonly at: string;
  readonly onsetAt: string | null;
  readonly missing: readonly string[];
}

/** A flag as the API shows it. */
export type FlagAnswer = Omit<Flag, 'lastChange' | 'schemaVersion'> & {
  readonly lastChange: { readonly at: string; readonly actor: Actor; readonly action: string; readonly reason: string };
};

/** A scheduled change of a flag and what came of it. */
export interface ScheduledChangeAnswer {
  readonly id: string;
  readonly environment: string;
  readonly flag: string;
  /** What is to happen, in a few words. */
  readonly what: string;
  readonly at: string;
  readonly reason: string;
  readonly askedBy: Actor;
  readonly status: string;
  readonly outcome: { readonly text: string; readonly code?: string } | null;
}

/** A token without its text. */
export interface TokenAnswer {
  readonly id: string;
  readonly name: string;
  readonly role: string;
  readonly environment?: string;
  readonly createdBy: string;
  readonly createdAt: string;
  readonly revokedAt?: string;
}

/** What a check of the decision records found. */
export interface AuditAnswer {
  readonly ok: boolean;
  readonly flags: number;
  readonly segments: number;
  readonly records: number;
  readonly problems: readonly {
    readonly flagId?: string;
    readonly segmentId?: string;
    readonly switchId?: string;
    readonly holdoutsId?: string;
    readonly revision: number;
    readonly problem: string;
  }[];
}

/** One weight that a rollout has served, from an instant on. */
export interface RecordedTransition {
  /** ISO 8601. */
  readonly at: string;
  readonly action: string;
  readonly transition: number;
  /** Percent after it. */
  readonly weight: number;
  readonly step?: number;
}

/** Everything a rollout was judged by. */
export interface ObservationsAnswer {
  readonly rolloutId: string;
  readonly environment: string;
  readonly flag: string;
  readonly state: RolloutStatus['phase'];
  readonly summary: string;
  readonly startedAt: string;
  readonly endedAt?: string;
  readonly plan: RolloutPlan;
  /** Null when no window tells of it. */
  readonly control: string | null;
  readonly candidate: string;
  readonly transitions: readonly RecordedTransition[];
  readonly windows: readonly CompactWindow[];
}

/** An ended rollout with its features as they were known when it began, as the API answers it. */
export interface TrainingRowAnswer {
  readonly id: string;
  readonly startedAt: string;
  readonly failed: boolean;
  readonly values: Readonly<Record<string, number | null>>;
}

/** A trained model of the registry as the API answers it. */
export interface ModelAnswer {
  readonly version: string;
  readonly stage: 'champion' | 'challenger';
  readonly configuration: Readonly<Record<string, unknown>>;
  readonly features: readonly string[];
  readonly data: { readonly fingerprint: string; readonly rows: number; readonly failures: number };
  readonly metrics: Readonly<Record<string, number>>;
  readonly codeVersion: string;
  readonly seed: number;
  readonly trainedAt: string;
  readonly trainedBy: string;
  readonly sizeBytes: number;
  readonly promotedBy?: string;
  readonly promotedAt?: string;
  readonly promotedFor?: string;
  /** Percent of rollouts that it decides for on trial. */
  readonly trialShare?: number;
  readonly live?: LiveScoreAnswer;
  /** Of the champion. */
  readonly drift?: ModelDriftAnswer;
}

/** A figure with its interval of 95 %. */
interface IntervalAnswer {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** How a model does on live rollouts of known end. */
export interface LiveScoreAnswer {
  readonly rollouts: number;
  readonly failures: number;
  readonly brier: IntervalAnswer;
  readonly logLoss: IntervalAnswer;
  readonly auc: IntervalAnswer | null;
  readonly calibration?: {
    readonly expected: number;
    readonly evidence: number;
    readonly needed: number;
    readonly isOff: boolean;
  };
  readonly against?: {
    readonly champion: string;
    readonly gain: IntervalAnswer;
    readonly evidence: number;
    readonly needed: number;
    readonly isBetterBeyondNoise: boolean;
  };
}

/** Whether a champion is still asked of changes such as it has learned from. */
export interface ModelDriftAnswer {
  readonly at: string;
  readonly inputs: {
    readonly status: 'no_rows' | 'too_few' | 'watched';
    readonly changes: number;
    readonly needed: number;
    readonly evidenceNeeded: number;
    readonly features: readonly {
      readonly feature: string;
      readonly evidence: number;
      /** Population stability index beyond chance. */
      readonly stability: number;
      readonly isDrifted: boolean;
    }[];
  };
  readonly alerts: readonly {
    readonly drift: 'inputs' | 'calibration';
    readonly since: string;
    readonly text: string;
    readonly isTold: boolean;
  }[];
}

/** Whether an ended rollout counts as a failure of its change, as the API answers it. */
export interface LabelAnswer {
  readonly rolloutId: string;
  readonly outcome: string;
  /** Null while nobody can tell. */
  readonly failed: boolean | null;
  readonly source: 'outcome' | 'person';
  readonly by: string;
  readonly reason: string;
  readonly at: string;
}

/** A training, of `GET /v1/models/train/{runId}`. */
export interface TrainingAnswer {
  readonly runId: string;
  readonly phase: 'running' | 'finished' | 'failed';
  /** Of a finished one. */
  readonly report?: TrainingReport;
  /** Of a failed one. */
  readonly why?: string;
}
