import type { Actor, DecisionAction, Reason } from '../../flags/document/decision-record';
import type { ExperimentPlan } from '../../flags/experiment/experiment-plan';
import type { Basis, Killed, Pause } from '../rollout/state';
import type { TimelineEntry } from '../rollout/status';
import type { ExperimentConclusion, ExperimentLook, ExperimentPhase, ExperimentWaiting } from './status';

/** How many lines of its own account the workflow carries. */
const REMEMBERED_ENTRIES = 40;

/** What a person asked for and the main loop has not done yet. `begin_anew` takes an edited flag as it now is. */
export interface Wish {
  readonly kind: 'abort' | 'conclude' | 'begin_anew';
  readonly reason: string;
  readonly actor: Actor;
}

/** The whole of a live experiment between two tasks: plain JSON, small, carried over continue-as-new. */
export interface ExperimentState {
  readonly phase: ExperimentPhase;
  readonly waitingFor: ExperimentWaiting;
  readonly summary: string;
  /** Number of the last transition known to be written; 0 before the start. */
  readonly transition: number;
  /** Number given out last. */
  readonly lastNumber: number;
  readonly control: string;
  readonly basis: Basis | null;
  /** Database time from which arms are compared: of the start, or of the write that began anew. */
  readonly comparedFromMs: number;
  /** Grows when evidence begins anew. */
  readonly epoch: number;
  /** Database time from which windows are judged after a kill switch; absent while it is all of them. */
  readonly judgeFromMs?: number;
  /** Leased time in which its arms were served. */
  readonly ranMs: number;
  /** Database time of the last renewal; leased time counts from there. */
  readonly leasedAtMs: number | null;
  readonly pause: (Pick<Pause, 'text'> & { readonly cause: 'operator' | 'conflicting_edit' }) | null;
  readonly lapsedAtMs: number | null;
  readonly killed?: Killed;
  /** The kill switch was turned off, and the flag does not know yet; the next write records it. */
  readonly releasedFrom?: Killed;
  readonly wishes: readonly Wish[];
  readonly conclusion: ExperimentConclusion | null;
  readonly lastLook: ExperimentLook | null;
  readonly lookIntervalMs: number;
  readonly nextLookAtMs: number;
  readonly seenMessages: readonly string[];
  readonly timeline: readonly TimelineEntry[];
}

/** One write of the flag that the state asks for. */
export interface PlannedWrite {
  readonly action: DecisionAction;
  readonly reason: string;
  readonly actor: Actor | null;
  readonly evidence: readonly Reason[];
  /** How it ends by this write, or null. */
  readonly end: 'concluded' | 'stopped' | 'aborted' | null;
  readonly conclusion: ExperimentConclusion | null;
  /**
   * Written only while the flag is as it was looked at: what puts arms in front of users. Everything else lands
   * whatever was edited.
   */
  readonly guarded: boolean;
  readonly wish: Wish | null;
}

/** The state an experiment begins with. */
export function initialState({ base }: ExperimentPlan): ExperimentState {
  return {
    phase: 'assessing',
    waitingFor: null,
    summary: 'checking the flag before the start',
    transition: 0,
    lastNumber: 0,
    control: '',
    basis: null,
    comparedFromMs: 0,
    epoch: 0,
    ranMs: 0,
    leasedAtMs: null,
    pause: null,
    lapsedAtMs: null,
    wishes: [],
    conclusion: null,
    lastLook: null,
    lookIntervalMs: base.look.shortestMs,
    nextLookAtMs: 0,
    seenMessages: [],
    timeline: [],
  };
}

/** Adds a line to the workflow's own account, keeping the newest. */
export function withLine(state: ExperimentState, entry: TimelineEntry): ExperimentState {
  return {
    ...state,
    timeline: [...state.timeline, { ...entry, text: entry.text.slice(0, 500) }].slice(-REMEMBERED_ENTRIES),
  };
}

/** Drops a wish that was carried out or refused. */
export function withoutWish(state: ExperimentState, wish: Wish | null): ExperimentState {
  return wish === null ? state : { ...state, wishes: state.wishes.filter((one) => one !== wish) };
}
