import { emptyShare, type ShareTally } from './exposure-checks';
import type { HarmMemory } from './evidence/judge-trials';
import { emptyTrial, restartSwift } from './evidence/trial';
import { emptyEvidence } from './metric-evidence';
import { packCells, unpackCells } from './pack-cells';
import { emptyShape, type QuantileShape } from './quantile-shape';
import { emptyRatio, type RatioTally } from './sample-ratio';
import { emptyLevel, type CommonLevel } from './shared-fault';
import {
  emptySegments,
  packSegments,
  restartSegments,
  unpackSegments,
  type PackedSegments,
  type SegmentsState,
} from './segments/segment-state';
import { emptyTally } from './tally';
import type { AnalysisInput, AnalysisState } from './types';

/** Grows when the remembered form changes; a state of another version is not read, and evidence starts afresh. */
const STATE_VERSION = 2;

/** What the judge remembers, in the form it works with. Bounded: it does not grow with windows. */
export interface JudgeState extends HarmMemory {
  lastWindowAt: number | null;
  windowMs: number;
  harmEpoch: number;
  safetyEpoch: number;
  /** Strata of earlier transitions belong to what was there before the epoch grew. */
  harmFromTransition: number;
  safetyFromTransition: number;
  /** Weight of the last stratum judged, and start of the window in which it last grew. */
  lastWeight: number;
  raisedAt: number;
  lastLookAt: number | null;
  /** End of the last window with outcomes in both arms. */
  lastDataAt: number | null;
  /** How long neither or only one arm has had outcomes. */
  silentMs: number;
  /** Transition at which a shared fault asked for narrowing; later transitions have obeyed. */
  narrowAtTransition: number | null;
  narrowedFault: number | null;
  step: { startedAt: number; units: Record<string, { candidate: number; control: number }> };
  /** Both arms' histograms since safety last started afresh, of quantile metrics. */
  shapes: Record<string, QuantileShape>;
  levels: Record<string, CommonLevel>;
  ratio: RatioTally;
  missing: ShareTally;
  late: ShareTally;
  mixed: { mixed: number; exposures: number };
  segments: SegmentsState;
}

/**
 * The state to work on at this look: what was remembered, or nothing at the first look, with evidence restarted where
 * an epoch grew. The stored state is never changed.
 */
export function openState({ state, plan, context }: AnalysisInput): JudgeState {
  const { harmEpoch, safetyEpoch, transition } = context;
  const judge = state?.version === STATE_VERSION ? remembered(state) : { ...firstState(), harmEpoch, safetyEpoch };
  if (harmEpoch > judge.harmEpoch) {
    judge.harmFromTransition = transition;
    judge.evidence = {};
    judge.trials = {};
    judge.users = {};
    restartSegments(judge.segments, transition);
  }
  for (const metric of plan.metrics) {
    judge.evidence[metric.name] ??= emptyEvidence(metric);
    judge.trials[metric.name] ??= emptyTrial(metric);
    if (metric.kind === 'quantile') judge.shapes[metric.name] ??= emptyShape();
    judge.levels[metric.name] ??= emptyLevel();
  }
  if (harmEpoch > judge.harmEpoch || safetyEpoch > judge.safetyEpoch) restartSafety(judge, transition);
  judge.harmEpoch = harmEpoch;
  judge.safetyEpoch = safetyEpoch;
  if (judge.step.startedAt !== context.stepStartedAt) judge.step = { startedAt: context.stepStartedAt, units: {} };
  return judge;
}

/** Starts evidence of harm afresh for those who still take part, from the transition that the others left with. */
export function restartHarm(judge: JudgeState, { plan, context }: AnalysisInput): void {
  judge.harmFromTransition = context.transition;
  judge.safetyFromTransition = context.transition;
  judge.users = {};
  for (const metric of plan.metrics) {
    judge.evidence[metric.name] = emptyEvidence(metric);
    judge.trials[metric.name] = emptyTrial(metric);
    if (metric.kind === 'quantile') judge.shapes[metric.name] = emptyShape();
  }
}

function restartSafety(judge: JudgeState, transition: number): void {
  judge.safetyFromTransition = transition;
  for (const evidence of Object.values(judge.evidence)) evidence.safety = emptyTally();
  for (const name of Object.keys(judge.shapes)) judge.shapes[name] = emptyShape();
  judge.ratio = emptyRatio();
  judge.missing = emptyShare();
  judge.late = emptyShare();
  judge.mixed = { mixed: 0, exposures: 0 };
}

/** The state as plain JSON, to be handed in at the next look. */
export function closeState(judge: JudgeState): AnalysisState {
  const { segments, ...rest } = judge;
  return {
    version: STATE_VERSION,
    lastWindowAt: judge.lastWindowAt,
    judge: freeze(rest),
    segments: packSegments(segments),
  };
}

function remembered(state: AnalysisState): JudgeState {
  const packed = state['segments'] as PackedSegments | undefined;
  const segments =
    packed === undefined ? emptySegments() : unpackSegments(packed, (state['judge'] as JudgeState).raisedAt);
  const judge = { ...(thaw(state['judge']) as Omit<JudgeState, 'segments'>), segments };
  // States from before there were metrics per user have none.
  judge.users ??= {};
  // Nor did they follow how noisy minutes may be.
  for (const [name, trial] of Object.entries(judge.trials)) {
    if (trial.levels === undefined) judge.trials[name] = restartSwift(trial);
  }
  return judge;
}

function firstState(): JudgeState {
  return {
    lastWindowAt: null,
    windowMs: 0,
    harmEpoch: 0,
    safetyEpoch: 0,
    harmFromTransition: 0,
    safetyFromTransition: 0,
    lastWeight: 0,
    raisedAt: 0,
    lastLookAt: null,
    lastDataAt: null,
    silentMs: 0,
    narrowAtTransition: null,
    narrowedFault: null,
    step: { startedAt: -1, units: {} },
    evidence: {},
    trials: {},
    users: {},
    shapes: {},
    levels: {},
    ratio: emptyRatio(),
    missing: emptyShare(),
    late: emptyShare(),
    mixed: { mixed: 0, exposures: 0 },
    segments: emptySegments(),
  };
}

const CELLS_PREFIX = 'f32:';

function freeze(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Float32Array) return CELLS_PREFIX + packCells(value);
  return Array.isArray(value) ? value.map(freeze) : mapMembers(value, freeze);
}

function thaw(value: unknown): unknown {
  if (typeof value === 'string') {
    return value.startsWith(CELLS_PREFIX) ? unpackCells(value.slice(CELLS_PREFIX.length)) : value;
  }
  if (typeof value !== 'object' || value === null) return value;
  return Array.isArray(value) ? value.map(thaw) : mapMembers(value, thaw);
}

/** The same members with other values. A plain loop: this is most of what an incremental look costs. */
function mapMembers(value: object, change: (member: unknown) => unknown): Record<string, unknown> {
  const changed: Record<string, unknown> = {};
  for (const key of Object.keys(value)) changed[key] = change((value as Record<string, unknown>)[key]);
  return changed;
}
