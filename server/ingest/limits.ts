/** Bounds of memory, of documents and of patience. Sizes are numbers of amounts, about 100 bytes of memory each. */
export interface IngestLimits {
  /** How long a batch may wait for others, in milliseconds. */
  readonly flushMs: number;
  /**
   * How long groups may wait for others before they are folded together, in milliseconds: each window is written once
   * for all groups that have gathered. With the time that a pass, a provider's flush and ours take it stays below the
   * ten seconds after which a window is judged, so that a look seldom finds anything left to fold; what it finds, it
   * folds itself.
   */
  readonly foldMs: number;
  /** Most batches in one group. */
  readonly groupBatches: number;
  /** Most amounts in one group, at 12 bytes in its document, which MongoDB bounds to 16 MB. */
  readonly groupSize: number;
  /** Most amounts that may wait; more is refused until some are durable. */
  readonly pendingSize: number;
  /** Most batches that may be worked on. */
  readonly openBatches: number;
  /** How often one group is sent before its outcome is given up. */
  readonly attempts: number;
  /** How long one group may take with all its attempts, in milliseconds, before its outcome is given up. */
  readonly patienceMs: number;
  /** Wait before the second attempt in milliseconds; each further wait is longer by as much. */
  readonly retryMs: number;
}

/** Limits for a server with 512 MB. */
export const INGEST_LIMITS: IngestLimits = {
  flushMs: 200,
  foldMs: 6_000,
  groupBatches: 1_000,
  groupSize: 250_000,
  pendingSize: 500_000,
  openBatches: 5_000,
  attempts: 4,
  patienceMs: 5_000,
  retryMs: 100,
};
