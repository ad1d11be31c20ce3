import type { ObservedUsers } from './users/user-amounts';

/** Arrivals later than this after the end of their window are counted as late. */
export const LATE_AFTER_MS = 8_000;
/** A window is judged this long after its end, once. The gap to {@link LATE_AFTER_MS} lets a last write become visible. */
export const JUDGE_AFTER_MS = 10_000;
/** Segment name of everybody. */
export const ALL_USERS = '*';

/** Start of the window that an instant falls into. Windows are aligned to the Unix epoch. */
export function windowStartAt(instantMs: number, windowMs: number): number {
  return Math.floor(instantMs / windowMs) * windowMs;
}

/**
 * Counts in logarithmic bins, `counts[k]` in (2^((k-1)/8), 2^(k/8)] of the value's unit: schema 3 of Prometheus native and
 * OpenTelemetry exponential histograms. Zero and negative values are counted in `zero`.
 */
export interface SparseHistogram {
  readonly zero: number;
  readonly counts: Readonly<Record<string, number>>;
}

/** What happened under one event name in one arm of one stratum. Arrays have 64 entries, one for each user cell. */
export interface EventTotals {
  readonly count: number;
  readonly errors: number;
  /** How many carried a value. */
  readonly valueCount: number;
  readonly sum: number;
  readonly sumOfSquares: number;
  /** Values above each observed threshold, keyed by the threshold as written, such as `500`. */
  readonly over: Readonly<Record<string, number>>;
  /** Requests still open when the window was judged, already counted in `count` and `over`. */
  readonly open: number;
  readonly histogram: SparseHistogram;
  readonly cells: {
    readonly count: readonly number[];
    readonly errors: readonly number[];
    readonly valueCount: readonly number[];
    readonly open: readonly number[];
    readonly sum: readonly number[];
    readonly over: Readonly<Record<string, readonly number[]>>;
  };
}

/** One arm of one stratum. */
export interface ArmTotals {
  /** Users served in the window (one exposure for each user, transition and window). */
  readonly exposures: number;
  /** Exposures with at least one outcome in time. */
  readonly exposuresWithOutcome: number;
  /** Exposures of users who met both variants under this transition. */
  readonly mixedExposures: number;
  /** Events that came in this window's time after their own window was closed to data: counted, never judged. */
  readonly late: number;
  readonly exposureCells: readonly number[];
  readonly events: Readonly<Record<string, EventTotals>>;
}

/** The unit of comparison: one window under one transition, for everybody or one segment. Both arms are concurrent. */
export interface Stratum {
  readonly windowStartAt: number;
  readonly windowMs: number;
  readonly transition: number;
  /** Percent of eligible users that this transition gives to the candidate. */
  readonly weight: number;
  readonly segment: string;
  readonly control: ArmTotals;
  readonly candidate: ArmTotals;
}

/** Why there is nothing, or not enough, to judge; `ok` when there is. Trouble of a source is never a verdict. */
export const DataQuality = {
  Ok: 'ok',
  NoTraffic: 'no_traffic',
  SourceDown: 'source_down',
  LabelMissing: 'label_missing',
  TooFewUnits: 'too_few_units',
  Stale: 'stale',
  TooManyUsers: 'too_many_users',
} as const;
/** One of the data qualities. */
export type DataQuality = (typeof DataQuality)[keyof typeof DataQuality];

/** What is wrong with a source at one look: kept apart from what its numbers say. */
export interface SourceTrouble {
  readonly quality: Exclude<DataQuality, 'ok' | 'too_few_units'>;
  /** The metric that cannot be read; when omitted, all of the source. */
  readonly metric?: string;
  /** One sentence for a person: no address, no secret. */
  readonly detail: string;
}

/** Strata, and what kept others away. */
export interface StrataAnswer {
  readonly strata: readonly Stratum[];
  readonly trouble: SourceTrouble | null;
}

/** Where strata come from: Headgate's own windows, Prometheus, a recording. */
export interface MetricSource {
  /**
   * Closed strata of a rollout in time order: those whose windows start at or after `fromMs` and may be judged at `nowMs`.
   *
   * @throws {HeadgateError} SOURCE_UNAVAILABLE (retryable) when the source does not answer
   */
  fetchStrata(query: StrataQuery): Promise<readonly Stratum[]>;
  /** What keeps some of the metrics asked for away although the source answers; nothing ever does when left out. */
  troubleOf?(query: StrataQuery): Promise<SourceTrouble | null>;
}

/** Which strata are wanted. */
export interface StrataQuery {
  readonly flagId: string;
  readonly rolloutId: string;
  readonly control: string;
  readonly candidate: string;
  readonly windowMs: number;
  readonly segments: readonly string[];
  /** Weight of each transition that may occur, by number. */
  readonly weights: Readonly<Record<string, number>>;
  readonly fromMs: number;
  readonly nowMs: number;
  /** What is counted once for each user; nothing when left out. */
  readonly users?: UsersQuery | undefined;
}

/** What of users is wanted. */
export interface UsersQuery {
  /** How long each user is followed, in milliseconds: a multiple of the window's length. */
  readonly followMs: number;
  readonly totals: ObservedUsers;
  /** The name under which a metric's totals over users stand. */
  readonly eventOf: (metric: string) => string;
}
