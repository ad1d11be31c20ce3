import type { Metric } from '../../flags/plan/metric';
import type { HarmMemory } from '../evidence/judge-trials';
import { emptyTrial } from '../evidence/trial';
import { emptyEvidence, type MetricEvidence } from '../metric-evidence';
import { packMemory, unpackMemory } from './pack-memory';

/**
 * Grows when what is remembered of segments changes; segments of another version are judged afresh, and the rest of the
 * state is kept.
 */
const SEGMENTS_VERSION = 2;

/**
 * Units and sums of both arms under the present transition, where the weight is constant, so that they may be added and
 * subtracted.
 */
export interface ArmSums {
  candidateUnits: number;
  candidateSum: number;
  controlUnits: number;
  controlSum: number;
}

/** What is remembered of one segment: the same as of everybody to decide about harm, without ceilings. */
export interface SegmentMemory extends HarmMemory {
  sums: Record<string, ArmSums>;
  /**
   * Natural log of the evidence at the moment of its exclusion, which counts on among all segments; null while it takes
   * part.
   */
  excludedAt: number | null;
  /** Whether the judge asked for its exclusion. */
  asked: boolean;
  /** Start of the window from which it was served again after an exclusion; null until that window, 0 when it never was out. */
  raisedAt: number | null;
}

/** What is remembered of all segments. */
export interface SegmentsState {
  /** Strata of earlier transitions belong to a candidate with another value. */
  fromTransition: number;
  /** Transition that the sums belong to. */
  transition: number;
  lastWeight: number;
  /** Start of the window in which the weight last grew. */
  raisedAt: number;
  /** Everybody's sums, by metric. */
  everybody: Record<string, ArmSums>;
  segments: Record<string, SegmentMemory>;
  /** Whether evidence was forgotten at this look, as it was of another version. Not stored. */
  isRestarted: boolean;
}

/** Nothing seen. */
export function emptySegments(): SegmentsState {
  return {
    fromTransition: 0,
    transition: -1,
    lastWeight: 0,
    raisedAt: 0,
    everybody: {},
    segments: {},
    isRestarted: false,
  };
}

/** Sums of nothing. */
export function emptySums(): ArmSums {
  return { candidateUnits: 0, candidateSum: 0, controlUnits: 0, controlSum: 0 };
}

/** The memory of one segment, made when it is new. */
export function memoryOf(state: SegmentsState, segment: string, metrics: readonly Metric[]): SegmentMemory {
  const memory = (state.segments[segment] ??= { ...emptyMemory(), raisedAt: 0 });
  for (const metric of metrics) {
    memory.evidence[metric.name] ??= withoutCeiling(metric);
    memory.trials[metric.name] ??= emptyTrial(metric);
    memory.sums[metric.name] ??= emptySums();
  }
  return memory;
}

function withoutCeiling({ ceiling: _ceiling, ...plain }: Metric): MetricEvidence {
  return emptyEvidence(plain);
}

function emptyMemory(): SegmentMemory {
  return { evidence: {}, trials: {}, users: {}, sums: {}, excludedAt: null, asked: false, raisedAt: 0 };
}

/** One segment as it is stored. */
interface PackedSegment {
  readonly names: readonly string[];
  readonly excludedAt: number | null;
  readonly asked: boolean;
  readonly raisedAt?: number | null;
  readonly packed: string;
}

/** A segments' state as it is stored: plain JSON, each segment's numbers in one base64 text. */
export interface PackedSegments {
  /** Left out by versions that judged segments by another test. */
  readonly version?: number;
  readonly fromTransition: number;
  readonly transition: number;
  readonly lastWeight: number;
  readonly raisedAt?: number;
  readonly everybody: Readonly<Record<string, ArmSums>>;
  readonly segments: Readonly<Record<string, PackedSegment>>;
}

/** Packs for storage: about 2.3 kB for each metric of each segment. */
export function packSegments(state: SegmentsState): PackedSegments {
  const { isRestarted: _isRestarted, segments, everybody, ...rest } = state;
  const packed = Object.entries(segments).map(([segment, memory]): [string, PackedSegment] => {
    const { excludedAt, asked, raisedAt } = memory;
    const names = Object.keys(memory.evidence);
    return [segment, { names, excludedAt, asked, raisedAt, packed: packMemory(memory, names) }];
  });
  return {
    ...rest,
    version: SEGMENTS_VERSION,
    everybody: structuredClone(everybody),
    segments: Object.fromEntries(packed),
  };
}

/**
 * Reads what {@link packSegments} wrote; what was packed is never changed. Of segments that another version judged
 * there remains who was excluded, and on what evidence: the rest starts afresh.
 *
 * @param raisedAt - when the weight last grew, for states that do not say
 */
export function unpackSegments(stored: PackedSegments, raisedAt: number): SegmentsState {
  const { version, segments, everybody, ...rest } = stored;
  const isKnown = version === SEGMENTS_VERSION;
  const read = Object.entries(segments).map(([segment, { names, packed, excludedAt, asked, raisedAt: own = 0 }]) => {
    const memory = isKnown ? unpackMemory(packed, names) : emptyMemory();
    return [segment, { ...memory, excludedAt, asked, raisedAt: own }] as const;
  });
  const isRestarted = !isKnown && read.some(([, { excludedAt }]) => excludedAt === null);
  const since = { ...rest, raisedAt: rest.raisedAt ?? raisedAt, isRestarted };
  // Sums of everybody and of the segments are subtracted, so they begin together.
  return { ...since, everybody: isKnown ? structuredClone(everybody) : {}, segments: Object.fromEntries(read) };
}

/** Forgets what was seen of a candidate that had another value; who was excluded keeps what it was excluded on. */
export function restartSegments(state: SegmentsState, transition: number): void {
  state.fromTransition = transition;
  for (const memory of Object.values(state.segments)) if (memory.excludedAt === null) forgetEvidence(memory);
}

/** Forgets a segment's evidence: its users were taken back in, or the candidate's value changed. */
export function forgetEvidence(memory: SegmentMemory): void {
  Object.assign(memory, { ...emptyMemory(), raisedAt: memory.raisedAt });
}
