import { z } from 'zod';
import { ErrorCode, HeadgateError } from '../../core/errors';
import { EnvironmentName, FlagKey, SegmentKey } from '../../flags/document/identifiers';

/** Path of what belongs to an environment. */
export const EnvironmentPath = z.strictObject({ env: EnvironmentName });
/** Path of one flag. */
export const FlagPath = z.strictObject({ env: EnvironmentName, key: FlagKey });
/** Path of one segment. */
export const SegmentPath = z.strictObject({ env: EnvironmentName, key: SegmentKey });
/** Path of one rollout: its id, or a flag key for its live or latest one. */
export const RolloutPath = z.strictObject({
  env: EnvironmentName,
  id: z
    .string()
    .min(1)
    .max(120)
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/),
});

/** Routes that take nothing there. */
export const Nothing = z.strictObject({});
/** Routes whose body is not read. */
export const NoBody = z.unknown();

/** A text for the decision record. */
export const ReasonText = z.string().min(1).max(1000);

/** `limit` of lists. */
export function limitOf(fallback: number, max: number): z.ZodDefault<z.ZodCoercedNumber> {
  return z.coerce.number().int().min(1).max(max).default(fallback);
}

/**
 * The revision an `If-Match` header asks for; undefined without one, and for `*`.
 *
 * @throws {HeadgateError} INVALID_ARGUMENT when it is no revision
 */
export function revisionOf(ifMatch: string | undefined): number | undefined {
  if (ifMatch === undefined || ifMatch.trim() === '*') return undefined;
  const [, digits] = /^(?:W\/)?"?(\d{1,15})"?$/.exec(ifMatch.trim()) ?? [];
  if (digits !== undefined) return Number(digits);
  throw new HeadgateError(ErrorCode.InvalidArgument, 'If-Match does not hold a revision', {
    remedy: 'Send the revision in quotes, such as If-Match: "12", or the ETag of the flag.',
  });
}

/**
 * Refuses a body that was written for another environment than the path names.
 *
 * @param what - the body in a word, such as `plan`
 * @throws {HeadgateError} INVALID_PLAN
 */
export function checkSameEnvironment(what: string, ofBody: string, ofPath: string): void {
  if (ofBody === ofPath) return;
  throw new HeadgateError(ErrorCode.InvalidPlan, `the ${what} is for '${ofBody}', the path names '${ofPath}'`);
}
