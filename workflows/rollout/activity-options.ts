import { proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { ActivityOptions, LocalActivityOptions } from '@temporalio/workflow';
import type { RolloutActivities } from '../../activities/rollout-activities';

/**
 * Writes of the flag are ordinary activities, so that the Web UI shows each one. Three seconds are ten times what a
 * healthy database needs; a lost worker therefore costs at most that. They are tried without limit: a raise is
 * cancelled when a lowering arrives, and a lowering has nothing better to do than to try again. Bugs and malformed
 * requests are not retried.
 */
export const writing = proxyActivities<Pick<RolloutActivities, 'prepareRollout' | 'applyTransition' | 'verifyEnd'>>({
  startToCloseTimeout: '3 seconds',
  retry: { initialInterval: '200 milliseconds', backoffCoefficient: 2, maximumInterval: '2 seconds' },
  cancellationType: 'TRY_CANCEL' as const,
});

/**
 * What is known before the start is gathered within a few seconds or not at all: each source has two and a half of
 * them, and a second attempt is for a lost worker.
 */
const GATHERING = {
  startToCloseTimeout: '4 seconds',
  scheduleToCloseTimeout: '8 seconds',
  retry: { initialInterval: '200 milliseconds', backoffCoefficient: 2, maximumAttempts: 2 },
} satisfies ActivityOptions & LocalActivityOptions;
/** By an activity of its own, as rollouts of earlier releases gather. */
export const gathering = proxyActivities<Pick<RolloutActivities, 'gatherFeatures'>>(GATHERING);

/**
 * What goes before the first write only reads, or keeps what it has found under an id: it runs within the task that
 * begins the rollout, and so costs Temporal one marker instead of two tasks. A database that is away is waited for by a
 * timer, which holds no slot for tasks.
 */
export const gatheringHere = proxyLocalActivities<Pick<RolloutActivities, 'gatherFeatures'>>(GATHERING);
export const preparingHere = proxyLocalActivities<Pick<RolloutActivities, 'prepareRollout'>>({
  startToCloseTimeout: '3 seconds',
  localRetryThreshold: '1 second',
  retry: { initialInterval: '200 milliseconds', backoffCoefficient: 2, maximumInterval: '2 seconds' },
});

/** Tidying after an end: worth an hour of attempts, never worth holding the end back for longer. */
export const TIDYING: ActivityOptions = {
  startToCloseTimeout: '60 seconds',
  scheduleToCloseTimeout: '1 hour',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
};
export const tidying = proxyActivities<Pick<RolloutActivities, 'cleanUpRollout'>>(TIDYING);

/** A notification is tried for ten minutes and then given up: no workflow waits for a receiver. */
export const NOTIFYING: ActivityOptions = {
  startToCloseTimeout: '10 seconds',
  scheduleToCloseTimeout: '10 minutes',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
};
export const notifying = proxyActivities<Pick<RolloutActivities, 'notify'>>(NOTIFYING);

/**
 * Causes are looked for beside the main path, for as long as Prometheus and the database may take; what is found comes
 * late or not at all.
 */
export const attributing = proxyActivities<Pick<RolloutActivities, 'attribute'>>({
  startToCloseTimeout: '45 seconds',
  scheduleToCloseTimeout: '2 minutes',
  retry: { initialInterval: '2 seconds', backoffCoefficient: 2, maximumAttempts: 3 },
});

/** Renewals never wait for an analysis: short, twice tried, and the next look comes soon anyway. */
export const LEASING: LocalActivityOptions = {
  startToCloseTimeout: '2 seconds',
  retry: { initialInterval: '100 milliseconds', maximumAttempts: 3 },
};
export const leasing =
  proxyLocalActivities<Pick<RolloutActivities, 'renewLease' | 'identifySender' | 'saveProjection'>>(LEASING);

/** A look reads only new windows, so two seconds are long; one that fails is skipped and the next one judges its data too. */
export const LOOKING: LocalActivityOptions = {
  startToCloseTimeout: '5 seconds',
  retry: { initialInterval: '200 milliseconds', maximumAttempts: 2 },
};
export const looking = proxyLocalActivities<Pick<RolloutActivities, 'look' | 'lookUnderLease'>>(LOOKING);
