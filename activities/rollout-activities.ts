import type { Actor, DecisionAction, NotApplied, Reason } from '../flags/document/decision-record';
import type { RolloutBlock } from '../flags/document/rollout-block';
import type { RolloutPlan } from '../flags/plan/plan';
import type { Basis } from '../flags/transition/basis';
import type { RolloutProjection } from '../store/rollouts-repository';
import type { ExperimentMessage } from '../workflows/experiment/messages';
import type { MessageArguments, MessageName } from '../workflows/rollout/messages';
import type { Killed } from '../workflows/rollout/state';
import type { LookStatus, RolloutOutcome, RolloutPhase } from '../workflows/rollout/status';

/** Names a rollout in every activity. */
export interface RolloutRef {
  readonly rolloutId: string;
  readonly environment: string;
  readonly flagKey: string;
}

/** Answer of {@link RolloutActivities.prepareRollout}. */
export type PreparedRollout =
  | {
      readonly kind: 'ready';
      readonly control: string;
      readonly basis: Basis;
      readonly blackoutUntilMs: number | null;
      readonly nowMs: number;
      /** What is predicted of the change, for the record of the start. */
      readonly assessment?: Reason;
      /** Of the change, 0 to 1, where it may act on the rollout. */
      readonly failureProbability?: number;
      /** Left out while it is off. */
      readonly killed?: Killed;
    }
  | { readonly kind: 'refused'; readonly why: string };

/** One numbered write, as the workflow decided it. */
export interface TransitionRequest extends RolloutRef {
  readonly transition: number;
  readonly action: DecisionAction;
  readonly step: number;
  readonly weight: number;
  readonly reason: string;
  readonly actor: Actor;
  readonly evidence: readonly Reason[];
  readonly excludedSegments: readonly string[];
  readonly outcome: RolloutOutcome | null;
  readonly lowering: boolean;
  /** A raise is written only while the flag's surroundings are these. */
  readonly basis: Basis | null;
  readonly candidate: string;
  readonly leaseMs: number;
  /** Percent that keep the control after completion. */
  readonly controlHoldback: number;
  readonly notApplied: readonly NotApplied[];
  /** For the first write: what the block is made of. */
  readonly start: {
    readonly plan: RolloutPlan;
    readonly salt: string;
    readonly control: string;
    /** Of an experiment, in the order of their buckets. */
    readonly arms?: RolloutBlock['arms'];
  } | null;
}

/** What a write came to. */
export type TransitionResult =
  | { readonly kind: 'applied'; readonly revision: number; readonly nowMs: number }
  | { readonly kind: 'already'; readonly revision: number; readonly nowMs: number }
  | { readonly kind: 'overtaken'; readonly standing: number; readonly nowMs: number }
  | { readonly kind: 'conflict'; readonly diff: string; readonly nowMs: number }
  /** A raise met the environment's kill switch. */
  | { readonly kind: 'killed'; readonly killed: Killed; readonly nowMs: number }
  | {
      readonly kind: 'gone';
      readonly why: string;
      /** How the rollout's own records say it ended, if they do: an overtaken end may have landed after all. */
      readonly outcome: RolloutOutcome | null;
      /** What its last record says was done; left out where there is none. */
      readonly lastAction?: DecisionAction;
      readonly nowMs: number;
    };

/** What the lease said when it was renewed. All instants are the database's. */
export type LeaseRenewal =
  | { readonly kind: 'renewed'; readonly nowMs: number }
  | { readonly kind: 'lapsed'; readonly lapsedAtMs: number; readonly nowMs: number }
  | { readonly kind: 'missing'; readonly nowMs: number };

/** Where the rollout stands when it is looked at. */
export interface LookRequest extends RolloutRef {
  readonly plan: RolloutPlan;
  readonly control: string;
  readonly step: number;
  readonly weight: number;
  readonly nextWeight: number;
  readonly transition: number;
  readonly weights: Readonly<Record<string, number>>;
  readonly stepStartedAtMs: number;
  readonly raisedAtMs: number;
  readonly bakeMs: number;
  readonly bakedMs: number;
  readonly safetyEpoch: number;
  readonly harmEpoch: number;
  readonly basis: Basis | null;
  /** Missing from workers before segments were judged. */
  readonly excludedSegments?: readonly string[];
  /** The change's failure probability before any evidence, where it may act. */
  readonly failurePrior?: number;
  /** Nothing from before is judged any more: the environment's kill switch was on until then. */
  readonly judgeFromMs?: number;
  /** The last look saw the kill switch on: this one judges nothing, so that no window from under the switch counts. */
  readonly wasKilled?: boolean;
}

/** One look: the verdict with its evidence, and how the flag stands. At most 4 kB of it enters the history. */
export interface LookResult {
  readonly nowMs: number;
  readonly look: LookStatus;
  /** How the flag stands towards this rollout. */
  readonly flag: {
    readonly standing: 'ours' | 'gone';
    readonly detail: string;
    /** What was edited since the basis was taken, in one line; null when nothing. */
    readonly conflict: string | null;
    readonly basis: Basis | null;
    readonly control: string | null;
  };
  /** End of the blackout in force, or null. */
  readonly blackoutUntilMs: number | null;
  /** The environment's kill switch while it is on: then nothing was judged. */
  readonly killed?: Killed;
}

/** A look, and the renewal of the lease that goes before it. */
export interface LeasedLookRequest extends LookRequest {
  /** Database time of the last renewal; what was served since then is added to `bakedMs`. */
  readonly leasedAtMs: number | null;
}

/** What a renewal came to, with the look under it. */
export interface LeasedLook {
  readonly lease: LeaseRenewal;
  /** Null when nothing was judged: the lease had run out, or the database or a source did not answer. */
  readonly look: LookResult | null;
}

/** What lists and ended rollouts show, as the workflow knows it. */
export interface ProjectionRequest extends RolloutRef, Omit<RolloutProjection, StoredFields> {
  readonly phase: RolloutPhase;
}

/** What the store names otherwise, derives or adds. */
type StoredFields = '_id' | 'state' | 'changeId' | 'endedAt' | 'updatedAt';

/** What happened that people want to hear of. */
export interface NotificationRequest extends RolloutRef {
  /** Same id, same notification: receivers can drop a repetition. */
  readonly id: string;
  readonly event:
    | 'paused'
    | 'narrowed'
    | 'excluded'
    | 'remediate'
    | 'risk_alert'
    | 'failure_forecast'
    | 'watch_alarm'
    | 'approval_needed'
    | 'lapsed'
    | RolloutOutcome;
  readonly text: string;
  readonly weight: number;
  readonly transition: number;
  readonly owner?: string;
}

/** A narrowing or rollback that was written, whose causes are to be looked for. */
export interface AttributionRequest extends RolloutRef {
  readonly plan: RolloutPlan;
  readonly control: string;
  /** Of the write that lowered. */
  readonly transition: number;
  readonly action: DecisionAction;
  /** Percent of each transition so far, by number. */
  readonly weights: Readonly<Record<string, number>>;
  readonly raisedAtMs: number;
  readonly bakeMs: number;
  /** The look that decided. */
  readonly look: LookStatus;
}

/** Everything a rollout workflow may do to the world. All of it is safe to repeat and to overlap with a copy of itself. */
export interface RolloutActivities {
  /** Gathers what is known of the change before its start, once, and says which features are known and which are missing. */
  gatherFeatures(request: RolloutRef & { readonly plan: RolloutPlan }): Promise<readonly Reason[]>;
  prepareRollout(request: RolloutRef & { readonly plan: RolloutPlan }): Promise<PreparedRollout>;
  applyTransition(request: TransitionRequest): Promise<TransitionResult>;
  /** Reads the flag back after an end; throws until it carries no rollout of ours. */
  verifyEnd(request: RolloutRef & { readonly outcome: RolloutOutcome; readonly candidate: string }): Promise<string>;
  /** Frees what a finished rollout held: lease, analysis state, loose windows. */
  cleanUpRollout(request: RolloutRef & { readonly control: string; readonly candidate: string }): Promise<void>;
  renewLease(request: RolloutRef): Promise<LeaseRenewal>;
  look(request: LookRequest): Promise<LookResult>;
  /**
   * Renews the lease, and looks if it runs: both in one step of the workflow, since each step costs Temporal and the
   * workflow's sandbox a turn.
   */
  lookUnderLease(request: LeasedLookRequest): Promise<LeasedLook>;
  /** Checks a message's signature; a message without a right one comes from `unverified`. */
  identifySender(request: {
    readonly workflowId: string;
    readonly rolloutId: string;
    readonly name: MessageName | ExperimentMessage;
    readonly args: MessageArguments;
  }): Promise<Actor>;
  saveProjection(request: ProjectionRequest): Promise<void>;
  notify(request: NotificationRequest): Promise<void>;
  /**
   * Looks for the causes of a lowering and keeps what it finds beside the record. Runs after the write and never holds
   * one up.
   */
  attribute(request: AttributionRequest): Promise<void>;
}
