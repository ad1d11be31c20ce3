import type { DatabaseClock } from '../store/database-clock';
import type { ScheduledChange, ScheduledChangesRepository } from '../store/scheduled-changes-repository';

/** How a scheduled change's workflow stands; `missing` when Temporal does not know it, as after its data were lost. */
export type TimerState = 'running' | 'ended' | 'missing';

/** What looking after workflows of scheduled changes needs. */
export interface TimerDependencies {
  readonly scheduledChanges: Pick<ScheduledChangesRepository, 'untimed' | 'timed' | 'markTimed' | 'end'>;
  /** Starts the workflow of a scheduled change, unless there is one. */
  readonly startTimer: (change: ScheduledChange) => Promise<void>;
  readonly timerState: (change: ScheduledChange) => Promise<TimerState>;
  /**
   * Lists the workflows of scheduled changes that run, which may be some seconds old; answers whether a change's is
   * among them.
   */
  readonly listTimers: () => Promise<(change: ScheduledChange) => boolean>;
  readonly clock: Pick<DatabaseClock, 'nowMs'>;
}

/** Soonest first; more than this wait for the next round. */
const MAX_LOOKED_AT = 1000;

/**
 * Gives a workflow to changes that have none: their server died before it had started one, or Temporal has lost its
 * data. One whose workflow was ended from outside, which is a person's doing, is not started again: the change ends.
 * Safe to repeat and to overlap: Temporal refuses a second workflow of a change, and ends are swaps of its status.
 *
 * @param askedBefore - ISO 8601; of one that was asked for later a server may be about to start the workflow
 * @returns how many were started
 */
export async function restoreTimers(dependencies: TimerDependencies, askedBefore: string): Promise<number> {
  const { scheduledChanges, startTimer, timerState, listTimers } = dependencies;
  const untimed = await scheduledChanges.untimed(askedBefore);
  for (const change of untimed) {
    await startTimer(change);
    await scheduledChanges.markTimed(change._id);
  }
  let restored = 0;
  const timed = await scheduledChanges.timed(askedBefore, MAX_LOOKED_AT);
  const isListed = timed.length === 0 ? () => false : await listTimers();
  for (const change of timed) {
    if (isListed(change)) continue;
    const state = await timerState(change);
    if (state === 'running') continue;
    if (state === 'ended') {
      await endOutside(dependencies, change);
      continue;
    }
    await startTimer(change);
    restored += 1;
  }
  return untimed.length + restored;
}

async function endOutside({ scheduledChanges, clock }: TimerDependencies, change: ScheduledChange): Promise<void> {
  const at = new Date(clock.nowMs()).toISOString();
  if (change.status === 'scheduled') {
    const text = 'its workflow was ended from outside in Temporal';
    await scheduledChanges.end(change._id, 'scheduled', 'cancelled', { at, text });
    return;
  }
  const text = "its workflow was ended from outside while it was being made: the flag's history tells whether it was";
  await scheduledChanges.end(change._id, 'making', 'refused', { at, text });
}
