import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  RetryState,
  TimeoutFailure,
  TimeoutType,
} from '@temporalio/common';
import { rethrowUnlessOutage } from '../../../workflows/rollout/run-failures';

let isNew = true;
jest.mock('@temporalio/workflow', () => ({
  ...jest.requireActual<object>('@temporalio/workflow'),
  patched: () => isNew,
}));

const outage = ApplicationFailure.retryable(
  'the database does not answer',
  'DATABASE_UNAVAILABLE',
  new Error('refused'),
);
const bug = ApplicationFailure.nonRetryable('undefined is not a function', 'INTERNAL', new Error('why'));
const ofActivity = (cause: Error): ActivityFailure =>
  new ActivityFailure('Activity task failed', 'look', '1', RetryState.MAXIMUM_ATTEMPTS_REACHED, 'worker', cause);

describe('a failure of an activity', () => {
  beforeEach(() => {
    isNew = true;
  });

  it('is lived with where it is an outage, as a local activity throws it and as an ordinary one wraps it', () => {
    expect(() => rethrowUnlessOutage(outage)).not.toThrow();
    expect(() => rethrowUnlessOutage(ofActivity(outage))).not.toThrow();
    // A local activity's comes as this while it happens, and as that in a replay.
    const slow = new TimeoutFailure('slow', undefined, TimeoutType.START_TO_CLOSE);
    expect(() => rethrowUnlessOutage(ofActivity(slow))).not.toThrow();
    expect(() => rethrowUnlessOutage(slow)).not.toThrow();
  });

  it('ends the rollout where it is a bug or a cancellation', () => {
    for (const error of [bug, ofActivity(bug), new CancelledFailure('cancelled'), new TypeError('of the workflow')]) {
      expect(() => rethrowUnlessOutage(error)).toThrow(error);
    }
  });

  it('goes on as it went in histories from before', () => {
    isNew = false;
    expect(() => rethrowUnlessOutage(outage)).toThrow(outage);
  });
});
