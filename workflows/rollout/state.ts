import type { Actor, DecisionAction, NotApplied, Reason } from '../../flags/document/decision-record';
import type { RolloutPlan } from '../../flags/plan/plan';
import type { LookStatus, RolloutOutcome, RolloutPhase, TimelineEntry, WaitingFor } from './status';

/** How often a narrowed rollout is raised again before it waits for a person. */
export const MAX_RAISES_AFTER_NARROW = 2;
/** How many message ids are remembered, so that a repeated message counts once. */
export const REMEMBERED_MESSAGES = 100;
/** How many lines of its own account the workflow carries. */
const REMEMBERED_ENTRIES = 40;

/** What the flag must still look like for a raise: everything an edit could change under the rollout. */
export interface Basis {
  /** Hash over the place's surroundings: default, variants, rules, salt, prerequisites, `enabled`, segments referenced. */
  readonly fingerprint: string;
  /** Hash over the candidate's value alone. */
  readonly candidateFingerprint: string;
  /** Revision at which the fingerprint was taken. */
  readonly revision: number;
}

/** Why nothing is raised until a person says so. */
export interface Pause {
  readonly cause: 'operator' | 'conflicting_edit' | 'narrowed_repeatedly';
  readonly text: string;
}

/** A person's approval of a step. */
export interface Approval {
  /** Index of the step. */
  readonly step: number;
  /** Who gave it and why, as the record of the write says it. */
  readonly reason: Reason;
}

/** The environment's kill switch while it is on. */
export interface Killed {
  /** Database time at which it was turned on. */
  readonly sinceMs: number;
  /** Who turned it on, and why. */
  readonly text: string;
}

/** What an operator asked for and the main loop has not done yet. */
export type Intent =
  | { readonly kind: 'end'; readonly outcome: 'aborted' | 'superseded'; readonly reason: string; readonly actor: Actor }
  | { readonly kind: 'weight'; readonly weight: number; readonly reason: string; readonly actor: Actor }
  | {
      readonly kind: 'promote';
      readonly full: boolean;
      readonly force: boolean;
      readonly reason: string;
      readonly actor: Actor;
    }
  | { readonly kind: 'exclude' | 'readmit'; readonly segment: string; readonly reason: string; readonly actor: Actor };

/** The whole of a live rollout between two tasks: plain JSON, small, carried over continue-as-new. */
export interface RolloutState {
  readonly phase: RolloutPhase;
  readonly waitingFor: WaitingFor;
  readonly summary: string;
  /** Index of the step being served; -1 before the first. */
  readonly step: number;
  /** Percent written last. */
  readonly weight: number;
  /** Number of the last transition known to be written. */
  readonly transition: number;
  /** Number given out last; higher than `transition` while a write is under way or was overtaken. */
  readonly lastNumber: number;
  /** Weight of each transition that evaluators may have stamped, by number; the newest hundred. */
  readonly weights: Readonly<Record<string, number>>;
  readonly stepStartedAtMs: number;
  readonly raisedAtMs: number;
  /** Leased time served at this step. */
  readonly bakedMs: number;
  /** Database time of the last renewal; leased time counts from there. */
  readonly leasedAtMs: number | null;
  readonly control: string;
  readonly basis: Basis | null;
  /** Which features of the change were known before the start and which were missing; absent until they have been gathered. */
  readonly features?: readonly Reason[];
  /** What was predicted of the change before the start; absent when nothing was told of it. */
  readonly assessment?: Reason;
  /** Of the change, 0 to 1, where it acts on the rollout; absent where it is only recorded or not known. */
  readonly failureProbability?: number;
  /** What that has changed of the plan, in words; absent for nothing. */
  readonly shaped?: string;
  readonly safetyEpoch: number;
  readonly harmEpoch: number;
  readonly pause: Pause | null;
  /** A person resumed after an edit: the next look takes the flag as it now is. */
  readonly acceptEdit: boolean;
  readonly raisesAfterNarrow: number;
  readonly narrowReasons: readonly Reason[];
  readonly excludedSegments: readonly string[];
  /** Weight before everybody was served to be watched: the last one that was judged. */
  readonly judgedWeight?: number;
  /** Those of them that the judge excluded; they are taken back in when the candidate's value is changed. */
  readonly judgedExclusions?: readonly string[];
  /** Steps approved so far. */
  readonly approvedSteps: readonly number[];
  /** Who approved them; absent in rollouts that were approved before it was kept. */
  readonly approvals?: readonly Approval[];
  readonly approvalAskedFor: number | null;
  /** Set when the lease ran out; the next action records it. */
  readonly lapsedAtMs: number | null;
  readonly blackoutUntilMs: number | null;
  /** The environment's kill switch while it is on; absent while it is off. */
  readonly killed?: Killed;
  /** It was turned off, and the flag does not know yet; the next action records it. */
  readonly releasedFrom?: Killed;
  /** Database time from which windows are judged; absent while it is all of them. */
  readonly judgeFromMs?: number;
  readonly intents: readonly Intent[];
  readonly notApplied: readonly NotApplied[];
  readonly lastLook: LookStatus | null;
  readonly lookIntervalMs: number;
  readonly nextLookAtMs: number;
  readonly looks: number;
  readonly seenMessages: readonly string[];
  readonly timeline: readonly TimelineEntry[];
  readonly inconclusiveToldAtStep: number | null;
}

/** The state a rollout begins with. */
export function initialState(plan: RolloutPlan): RolloutState {
  return {
    phase: 'assessing',
    waitingFor: null,
    summary: 'assessing the flag before the first step',
    step: -1,
    weight: 0,
    transition: 0,
    lastNumber: 0,
    weights: {},
    stepStartedAtMs: 0,
    raisedAtMs: 0,
    bakedMs: 0,
    leasedAtMs: null,
    control: '',
    basis: null,
    safetyEpoch: 0,
    harmEpoch: 0,
    pause: null,
    acceptEdit: false,
    raisesAfterNarrow: 0,
    narrowReasons: [],
    excludedSegments: [],
    approvedSteps: [],
    approvalAskedFor: null,
    lapsedAtMs: null,
    blackoutUntilMs: null,
    intents: [],
    notApplied: [],
    lastLook: null,
    lookIntervalMs: plan.look.shortestMs,
    nextLookAtMs: 0,
    looks: 0,
    seenMessages: [],
    timeline: [],
    inconclusiveToldAtStep: null,
  };
}

/** Adds a line to the workflow's own account, keeping the newest. */
export function withEntry(state: RolloutState, entry: TimelineEntry): RolloutState {
  return { ...state, timeline: [...state.timeline, entry].slice(-REMEMBERED_ENTRIES) };
}

/** Index of the first step whose weight is above the one served; the number of steps when only completion is left. */
export function nextStepIndex(plan: RolloutPlan, weight: number): number {
  const index = plan.steps.findIndex((step) => step.weight > weight);
  return index === -1 ? plan.steps.length : index;
}

/** Percent that the next promotion would serve: the first step above the weight, or what completion serves. */
export function nextWeight(plan: RolloutPlan, weight: number): number {
  return plan.steps[nextStepIndex(plan, weight)]?.weight ?? 100 - plan.controlHoldback;
}

/** Bake time that the present step owes. */
export function bakeMsOf(plan: RolloutPlan, step: number): number {
  const owed = plan.steps[Math.min(Math.max(step, 0), plan.steps.length - 1)];
  return owed?.bakeMs ?? 0;
}

/** One write of the flag that the state asks for. */
export interface PlannedTransition {
  readonly action: DecisionAction;
  readonly weight: number;
  readonly step: number;
  readonly reason: string;
  readonly actor: Actor | null;
  readonly evidence: readonly Reason[];
  readonly excludedSegments: readonly string[];
  readonly outcome: RolloutOutcome | null;
  /** A lowering re-reads and tries again until it lands, keeps conflicting edits, and may overtake a raise. */
  readonly lowering: boolean;
  /** Which operator intent this carries out, so that it is answered and dropped. */
  readonly intent: Intent | null;
}
