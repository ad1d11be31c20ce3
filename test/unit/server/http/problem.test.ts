import { ErrorCode, HeadgateError } from '../../../../core/errors';
import { asHeadgateError, statusOf } from '../../../../server/http/problem';

describe('problems', () => {
  it('give every code a status, and unknown trouble 500', () => {
    for (const code of Object.values(ErrorCode)) expect(statusOf(code)).toBeGreaterThanOrEqual(400);
    expect(statusOf(ErrorCode.Internal)).toBe(500);
    expect(statusOf(ErrorCode.RevisionConflict)).toBe(409);
    expect(statusOf(ErrorCode.Overloaded)).toBe(503);
  });

  it('tell nothing of an unexpected error’s inside', () => {
    const error = asHeadgateError(new Error('password is swordfish'));

    expect(error.code).toBe(ErrorCode.Internal);
    expect(error.message).not.toContain('swordfish');
  });

  it.each([
    [{ code: 'FST_ERR_CTP_BODY_TOO_LARGE', statusCode: 413 }, ErrorCode.BodyTooLarge],
    [{ code: 'FST_ERR_CTP_INVALID_MEDIA_TYPE', statusCode: 415 }, ErrorCode.InvalidArgument],
    [{ code: 'FST_ERR_HANDLER_TIMEOUT', statusCode: 503 }, ErrorCode.Overloaded],
    [{ name: 'MongoServerSelectionError' }, ErrorCode.DatabaseUnavailable],
    [{ name: 'MongoNetworkTimeoutError' }, ErrorCode.DatabaseUnavailable],
    [{ name: 'MongoServerError' }, ErrorCode.Internal],
  ])('turn %p into %s', (fields, code) => {
    expect(asHeadgateError(Object.assign(new Error('x'), fields)).code).toBe(code);
  });

  it('leave our own errors as they are', () => {
    const own = new HeadgateError(ErrorCode.FlagNotFound, 'there is no flag');

    expect(asHeadgateError(own)).toBe(own);
  });
});
