import type { Standing } from '../../analysis/experiment/standing';
import type { ExperimentRole } from '../../flags/experiment/experiment-plan';
import type { TimelineEntry } from '../rollout/status';

/** How an experiment may end. */
export type ExperimentOutcome = 'concluded' | 'stopped' | 'aborted' | 'refused';

/** Where an experiment is in its life; the first three live. */
export type ExperimentPhase = 'assessing' | 'running' | 'paused' | ExperimentOutcome;

/** Whether a phase is an end. */
export function isExperimentEnd(phase: ExperimentPhase): phase is ExperimentOutcome {
  return phase === 'concluded' || phase === 'stopped' || phase === 'aborted' || phase === 'refused';
}

/** One goal metric of one treatment as a look saw it. */
export interface EffectStatus {
  readonly metric: string;
  readonly role: Exclude<ExperimentRole, 'guardrail'>;
  readonly control: number | null;
  readonly treatment: number | null;
  /** Treatment less control, with its always-valid interval; a bound is null while nothing bounds it. */
  readonly effect: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
  readonly evidence: number;
  readonly conclusion: 'better' | 'worse' | 'inconclusive';
}

/** One treatment as a look saw it. */
export interface ArmStatus {
  readonly variant: string;
  readonly effects: readonly EffectStatus[];
  /** Combined evidence of harm over its guardrails, and the guardrail that says most. */
  readonly harmEvidence: number;
  readonly guardrail: string | null;
  readonly harmed: boolean;
  /** Codes of why its numbers are not to be believed. */
  readonly doubts: readonly string[];
}

/** What of one look enters the history: at most 4 kB. The whole analysis is kept beside the projection. */
export interface ExperimentLook {
  readonly at: string;
  readonly standing: Standing;
  readonly arms: readonly ArmStatus[];
  /** Effects that did not fit. */
  readonly omitted: number;
  /** How near guardrails are to stopping it, 0 to 1: looks come the sooner. */
  readonly tension: number;
  /** SHA-256 of the whole analysis. */
  readonly digest: string;
}

/** What an experiment came to. Nothing is called different unless the promises of its plan allow it. */
export interface ExperimentConclusion {
  /**
   * `winner`: a treatment or more is shown better. `control`: none is, and one or more are shown worse. `mixed`: better
   * in one primary metric and worse in another. `no_difference`: it ran as planned, its numbers can be believed, and no
   * difference was shown. `inconclusive`: none was shown, and it ended early, without data, or its numbers cannot be
   * believed. `harm`: guardrails stopped it.
   */
  readonly kind: 'winner' | 'control' | 'mixed' | 'no_difference' | 'inconclusive' | 'harm';
  /** Treatments shown better than the control, in the order of the plan; they are not compared with each other. */
  readonly winners: readonly string[];
  readonly text: string;
}

/** What a live experiment waits for beyond time and data; null while it just runs. */
export type ExperimentWaiting = 'operator' | 'kill_switch' | null;

/** Answer of the `status` query, body of the API and, but for its id, the projection. */
export interface ExperimentStatus {
  readonly experimentId: string;
  readonly environment: string;
  readonly flag: string;
  readonly control: string;
  readonly treatments: readonly string[];
  /** Percent of eligible keys of each arm. */
  readonly armWeight: number;
  readonly phase: ExperimentPhase;
  readonly outcome: ExperimentOutcome | null;
  readonly waitingFor: ExperimentWaiting;
  /** One sentence: what it is doing or why it ended. */
  readonly summary: string;
  readonly conclusion: ExperimentConclusion | null;
  readonly transition: number;
  /** Time in which its arms were served under lease, and how much of it is planned. */
  readonly ranMs: number;
  readonly durationMs: number;
  readonly lastLook: ExperimentLook | null;
  readonly nextLookAt: string | null;
  /** What happened, oldest first: its last 40 entries. */
  readonly timeline: readonly TimelineEntry[];
  readonly startedAt: string;
  readonly startedBy: string;
  readonly owner?: string;
}
