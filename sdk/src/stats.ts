import type { SenderStats } from './event-sender';
import type { EvidenceStats } from './evidence';

/** Counters of a provider since its start. */
export interface ProviderStats extends SenderStats, EvidenceStats {
  /** Flags are those of the server, as far as is known. */
  readonly isReady: boolean;
  /** Events waiting or under way. */
  readonly queuedEvents: number;
  /** Events lost: no room while the server was away, refused, or left at the end. */
  readonly droppedEvents: number;
}
