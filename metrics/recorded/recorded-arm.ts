/** Latencies of one arm in one minute, as far as the recording tells them. */
export interface RecordedLatency {
  /** Counts by bin `k`, in (2^((k-1)/8), 2^(k/8)] ms; null when the recording holds no histogram. */
  readonly bins: ReadonlyMap<number, number> | null;
  /** Requests of 0 ms, which no bin holds. */
  readonly zero: number;
  /** In milliseconds; null where the recording does not say. */
  readonly meanMs: number | null;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
}

/** Totals by user cell, 64 numbers each; null where the recording does not say. */
export interface RecordedCells {
  readonly requests: readonly number[];
  readonly errors: readonly number[];
  /** Summed latency by cell, in milliseconds. */
  readonly latencySumMs: readonly number[] | null;
  /** Requests slower than each threshold, keyed by it in milliseconds. */
  readonly slow: Readonly<Record<string, readonly number[]>>;
}

/** What one arm did under one event name in one minute. */
export interface RecordedEvent {
  readonly requests: number;
  /** Null when the recording does not say, or says what cannot be. */
  readonly errors: number | null;
  readonly latency: RecordedLatency;
  readonly cells: RecordedCells | null;
}

/** One line of a recording: one arm of one minute of one trace. */
export interface RecordedArm {
  readonly traceId: string;
  /** Counted from 0. */
  readonly minute: number;
  readonly arm: 'control' | 'candidate';
  /** The candidate's share of the traffic, 0–1; null when this line does not say. */
  readonly weight: number | null;
  /** Users served; null when the recording counts none. */
  readonly exposures: number | null;
  /** By event name; an event whose numbers are missing or cannot be is left out. */
  readonly events: Readonly<Record<string, RecordedEvent>>;
  /** Why numbers of this line were not used, if any were not. */
  readonly oddities: readonly string[];
}
