import type { RecordedArm } from '../../../metrics/recorded/recorded-arm';

/** Lowest bin that simulated latencies use, and how many: 2 ms to 16 s, eight bins for each doubling. */
export const FIRST_BIN = 8;
export const BINS = 104;
/** Upper edges of the bins, in milliseconds, and the middles that their members count as. */
export const UPPER_MS = Float64Array.from({ length: BINS }, (_, bin) => 2 ** ((FIRST_BIN + bin) / 8));
export const MIDDLE_MS = UPPER_MS.map((upper) => upper / 2 ** (1 / 16));
/** Minutes of a simulated rollout. */
export const HORIZON = 120;

/** What one arm did in one minute. */
export interface TraceArm {
  readonly requests: number;
  readonly errors: number;
  /** By bin, {@link BINS} of them. */
  readonly bins: readonly number[];
  /** By user cell; null when the service does not count by users. */
  readonly cells: {
    readonly requests: readonly number[];
    readonly errors: readonly number[];
    readonly sum_ms: readonly number[];
  } | null;
}

/** One minute; an arm is null when its numbers were lost. */
export interface TraceMinute {
  /** Candidate's share of the traffic, 0–1. */
  readonly weight: number;
  readonly control: TraceArm | null;
  readonly candidate: TraceArm | null;
}

/** What is wrong with the candidate, or not. Good kinds come first. */
export const GOOD_KINDS = ['aa_clean', 'aa_overdispersed', 'aa_incident', 'aa_coldstart', 'improve'] as const;
export const BAD_KINDS = ['err_x1.5', 'err_x2', 'err_x5', 'lat_+10%', 'lat_+25%', 'lat_+50%', 'tail_p99'] as const;
export type Kind = (typeof GOOD_KINDS)[number] | (typeof BAD_KINDS)[number];

/** Whether a candidate of this kind does harm. */
export function isBad(kind: Kind): boolean {
  return (BAD_KINDS as readonly Kind[]).includes(kind);
}

/** A simulated rollout with what is true of it. */
export interface Trace {
  readonly id: string;
  readonly kind: Kind;
  /** Minute from which the candidate does harm. */
  readonly onset: number;
  /** Whether the weight changes. */
  readonly hasSteps: boolean;
  readonly requestsPerMinute: number;
  readonly baseErrorRate: number;
  readonly minutes: readonly TraceMinute[];
}

/** The lines a recording of the trace would hold, without what is true of it. */
export function toRows(trace: Trace): RecordedArm[] {
  return trace.minutes.flatMap(({ weight, control, candidate }, minute) =>
    (
      [
        ['control', control],
        ['candidate', candidate],
      ] as const
    ).flatMap(([arm, totals]) => (totals === null ? [] : [rowOf(trace.id, minute, arm, weight, totals)])),
  );
}

function rowOf(
  traceId: string,
  minute: number,
  arm: 'control' | 'candidate',
  weight: number,
  totals: TraceArm,
): RecordedArm {
  const { requests, errors, bins, cells } = totals;
  const held = new Map<number, number>();
  for (const [bin, count] of bins.entries()) if (count > 0) held.set(FIRST_BIN + bin, count);
  const latency = { bins: held, zero: 0, meanMs: null, p50Ms: null, p95Ms: null, p99Ms: null };
  const byCell =
    cells === null ? null : { requests: cells.requests, errors: cells.errors, latencySumMs: cells.sum_ms, slow: {} };
  const request = { requests, errors, latency, cells: byCell };
  return { traceId, minute, arm, weight, exposures: null, events: { request }, oddities: [] };
}
