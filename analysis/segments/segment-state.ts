import type { Metric } from '../../flags/plan/metric';
import { emptyEvidence, type MetricEvidence } from '../metric-evidence';
import { emptyTally } from '../tally';
import { readTally, TALLY_BYTES, writeTally } from './pack-tally';

/** Units and sums of both arms under the present transition, where the weight is constant, so that they may be added and subtracted. */
export interface ArmSums {
  candidateUnits: number;
  candidateSum: number;
  controlUnits: number;
  controlSum: number;
}

/** One metric in one segment. The evidence is of the same kind as everybody's, without ceilings. */
export interface SegmentMetric {
  readonly evidence: MetricEvidence;
  readonly sums: ArmSums;
}

/** What is remembered of one segment. */
export interface SegmentMemory {
  readonly metrics: Record<string, SegmentMetric>;
  /** Natural log of the evidence at the moment of its exclusion, which counts on among all segments; null while it takes part. */
  excludedAt: number | null;
  /** Whether the judge asked for its exclusion. */
  asked: boolean;
}

/** What is remembered of all segments. */
export interface SegmentsState {
  /** Strata of earlier transitions belong to a candidate with another value. */
  fromTransition: number;
  /** Transition that the sums belong to. */
  transition: number;
  lastWeight: number;
  /** Everybody's sums, by metric. */
  everybody: Record<string, ArmSums>;
  segments: Record<string, SegmentMemory>;
}

/** Nothing seen. */
export function emptySegments(): SegmentsState {
  return { fromTransition: 0, transition: -1, lastWeight: 0, everybody: {}, segments: {} };
}

/** Sums of nothing. */
export function emptySums(): ArmSums {
  return { candidateUnits: 0, candidateSum: 0, controlUnits: 0, controlSum: 0 };
}

/** The memory of one segment, made when it is new. */
export function memoryOf(state: SegmentsState, segment: string, metrics: readonly Metric[]): SegmentMemory {
  const standing = (state.segments[segment] ??= { metrics: {}, excludedAt: null, asked: false });
  for (const metric of metrics) standing.metrics[metric.name] ??= emptyMetric(metric);
  return standing;
}

function emptyMetric({ ceiling: _ceiling, ...metric }: Metric): SegmentMetric {
  return { evidence: emptyEvidence(metric), sums: emptySums() };
}

/** Doubles of a metric beside its tallies: restarts, banked, and the four sums. */
const NUMBERS_BYTES = 6 * 8;
const METRIC_BYTES = NUMBERS_BYTES + 2 * TALLY_BYTES;

/** A segments' state as it is stored: plain JSON, each segment's numbers in one base64 text. */
export interface PackedSegments {
  readonly fromTransition: number;
  readonly transition: number;
  readonly lastWeight: number;
  readonly everybody: Readonly<Record<string, ArmSums>>;
  readonly segments: Readonly<
    Record<
      string,
      {
        readonly names: readonly string[];
        readonly excludedAt: number | null;
        readonly asked: boolean;
        readonly packed: string;
      }
    >
  >;
}

/** Packs for storage: 2.3 kB for each metric of each segment. */
export function packSegments({ segments, everybody, ...rest }: SegmentsState): PackedSegments {
  const packed = Object.entries(segments).map(([segment, { metrics, excludedAt, asked }]) => {
    const names = Object.keys(metrics);
    const bytes = new ArrayBuffer(names.length * METRIC_BYTES);
    for (const [index, name] of names.entries()) writeMetric(bytes, index * METRIC_BYTES, metrics[name]);
    return [segment, { names, excludedAt, asked, packed: Buffer.from(bytes).toString('base64') }] as const;
  });
  return { ...rest, everybody: structuredClone(everybody), segments: Object.fromEntries(packed) };
}

/** Reads what {@link packSegments} wrote; what was packed is never changed. */
export function unpackSegments({ segments, everybody, ...rest }: PackedSegments): SegmentsState {
  const read = Object.entries(segments).map(([segment, { names, packed, excludedAt, asked }]) => {
    const { buffer } = new Uint8Array(Buffer.from(packed, 'base64'));
    const metrics = names.map((name, index) => [name, readMetric(buffer, index * METRIC_BYTES)] as const);
    return [segment, { metrics: Object.fromEntries(metrics), excludedAt, asked }] as const;
  });
  return { ...rest, everybody: structuredClone(everybody), segments: Object.fromEntries(read) };
}

function writeMetric(bytes: ArrayBuffer, offset: number, metric: SegmentMetric | undefined): void {
  if (metric === undefined) return;
  const { evidence, sums } = metric;
  const { candidateUnits, candidateSum, controlUnits, controlSum } = sums;
  const numbers = [evidence.restarts, evidence.banked, candidateUnits, candidateSum, controlUnits, controlSum];
  new Float64Array(bytes, offset, numbers.length).set(numbers);
  writeTally(bytes, offset + NUMBERS_BYTES, evidence.harm);
  writeTally(bytes, offset + NUMBERS_BYTES + TALLY_BYTES, evidence.recent);
}

function readMetric(bytes: ArrayBuffer, offset: number): SegmentMetric {
  const numbers = new Float64Array(bytes, offset, 6);
  const [restarts = 1, banked = 0, candidateUnits = 0, candidateSum = 0, controlUnits = 0, controlSum = 0] = numbers;
  return {
    evidence: {
      harm: readTally(bytes, offset + NUMBERS_BYTES),
      recent: readTally(bytes, offset + NUMBERS_BYTES + TALLY_BYTES),
      restarts,
      banked,
      safety: null,
      ceiling: null,
    },
    sums: { candidateUnits, candidateSum, controlUnits, controlSum },
  };
}

/** Forgets what was seen of a candidate that had another value; who was excluded keeps what it was excluded on. */
export function restartSegments(state: SegmentsState, transition: number): void {
  state.fromTransition = transition;
  for (const memory of Object.values(state.segments)) if (memory.excludedAt === null) forgetEvidence(memory);
}

/** Forgets a segment's evidence: its users were taken back in, or the candidate's value changed. */
export function forgetEvidence(memory: SegmentMemory): void {
  for (const metric of Object.values(memory.metrics)) {
    Object.assign(metric.evidence, { harm: emptyTally(), recent: emptyTally(), restarts: 1, banked: 0 });
    Object.assign(metric.sums, emptySums());
  }
  memory.excludedAt = null;
  memory.asked = false;
}
