import type { ScheduledChangeInput } from '../../workflows/scheduled/messages';

/**
 * The workflows that wait for the time of scheduled changes. Every call has a deadline and throws TEMPORAL_UNAVAILABLE
 * past it.
 */
export interface ChangeTimers {
  /** Starts one; a second start of the same change is none. */
  start(input: ScheduledChangeInput): Promise<void>;
  /** Ends one that waits; one that is not there is no matter. */
  cancel(environment: string, flagKey: string, id: string): Promise<void>;
}
