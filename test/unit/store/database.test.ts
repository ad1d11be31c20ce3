import { MongoClientClosedError, MongoError, MongoNetworkError, MongoServerError } from 'mongodb';
import { ErrorCode, HeadgateError } from '../../../core/errors';
import { isOutage } from '../../../store/database';

describe('isOutage', () => {
  const labelled = new MongoError('stepped down');
  labelled.addErrorLabel('RetryableWriteError');

  it.each([
    ['a connection that broke', new MongoNetworkError('connection 1 to 127.0.0.1:27017 closed')],
    ['a primary that steps down', new MongoServerError({ message: 'not primary', code: 10107 })],
    ['a write that was not confirmed in time', new MongoServerError({ message: 'waiting for replication', code: 64 })],
    ['an error that the driver calls retryable', labelled],
    ['a client that is being closed', new MongoClientClosedError()],
    ['our own error that says so', new HeadgateError(ErrorCode.DatabaseUnavailable, 'away', { retryable: true })],
  ])('knows %s', (_, error) => {
    expect(isOutage(error)).toBe(true);
  });

  it.each([
    [
      'a duplicate key, whatever its message quotes',
      new MongoServerError({ message: 'dup key: "carpool"', code: 11000 }),
    ],
    ['our own error that says no', new HeadgateError(ErrorCode.InvalidFlag, 'not a flag')],
    ['a bug', new TypeError('the pool is closed')],
    ['nothing', undefined],
  ])('does not take %s for one', (_, error) => {
    expect(isOutage(error)).toBe(false);
  });
});
