/** Counters of sending. */
export interface SenderStats {
  readonly sentEvents: number;
  readonly sentBatches: number;
  readonly retries: number;
  /** Batches the server refused for good, or that were left at the end. */
  readonly droppedBatches: number;
  readonly droppedEvents: number;
}

/** Counters of what was served and measured. */
export interface EvidenceStats {
  /** Exposures remembered now. */
  readonly exposures: number;
  /** Exposures forgotten early for lack of room. */
  readonly evictedExposures: number;
  /** Requests under way. */
  readonly openRequests: number;
  /** Outcomes with a name or value that ingestion would refuse, and tokens that are none. */
  readonly invalidEvents: number;
}

/** Counters of a provider since its start. */
export interface ProviderStats extends SenderStats, EvidenceStats {
  /** Flags are those of the server, as far as is known. */
  readonly isReady: boolean;
  /** Events waiting or under way. */
  readonly queuedEvents: number;
  /** Events lost: no room while the server was away, refused, or left at the end. */
  readonly droppedEvents: number;
}
