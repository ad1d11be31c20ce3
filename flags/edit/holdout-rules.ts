import { ErrorCode, HeadgateError, ValidationError, type Issue } from '../../core/errors';
import { MAX_LIVE_HOLDOUTS, type Holdout, type HoldoutCoverage } from '../document/holdout';
import { hasThreeDecimals } from '../document/validate-flag';

/** A holdout that is wanted. */
export type WantedHoldout = Omit<Holdout, 'createdAt' | 'endedAt'>;

/**
 * The holdouts with one more, or null when that very one lives already.
 *
 * @param isFlag whether the environment has a flag of that key
 * @throws {ValidationError} INVALID_ARGUMENT for a weight that falls on no bucket, or flags that are not there
 * @throws {HeadgateError} INVALID_ARGUMENT when the key was used before; IN_USE when there are too many
 */
export function withNewHoldout(
  holdouts: readonly Holdout[],
  wanted: WantedHoldout,
  createdAt: string,
  isFlag: (key: string) => boolean,
): Holdout[] | null {
  const standing = holdouts.find(({ key }) => key === wanted.key);
  if (standing !== undefined) {
    const isSame =
      standing.endedAt === undefined &&
      standing.weight === wanted.weight &&
      JSON.stringify(standing.covers) === JSON.stringify(wanted.covers);
    if (isSame) return null;
    const state = standing.endedAt === undefined ? 'lives, with other settings' : `ended at ${standing.endedAt}`;
    throw new HeadgateError(ErrorCode.InvalidArgument, `holdout '${wanted.key}' ${state}`, {
      remedy: 'Take another key; the flags it covers are changed by `headgate holdout edit`.',
    });
  }
  if (holdouts.filter(({ endedAt }) => endedAt === undefined).length >= MAX_LIVE_HOLDOUTS) {
    throw new HeadgateError(ErrorCode.InUse, `${MAX_LIVE_HOLDOUTS} holdouts live already`, {
      remedy: 'End one first.',
    });
  }
  const issues = missingFlags(wanted.covers, isFlag);
  if (!hasThreeDecimals(wanted.weight)) {
    const message = `${wanted.weight} has more than three decimals; 0.001 % is the smallest share`;
    issues.push({ field: 'weight', message });
  }
  refuseAny(wanted.key, issues);
  return [...holdouts, { ...wanted, createdAt }];
}

/**
 * The holdouts with other flags covered by one of them, or null when it covers just those. Who is held out stays the same.
 *
 * @throws {HeadgateError} HOLDOUT_NOT_FOUND; INVALID_ARGUMENT when it has ended
 * @throws {ValidationError} INVALID_ARGUMENT for flags that are not there
 */
export function withCoverage(
  holdouts: readonly Holdout[],
  key: string,
  covers: HoldoutCoverage,
  isFlag: (key: string) => boolean,
): Holdout[] | null {
  const standing = findHoldout(holdouts, key);
  if (standing.endedAt !== undefined) {
    throw new HeadgateError(ErrorCode.InvalidArgument, `holdout '${key}' ended at ${standing.endedAt}`, {
      remedy: 'Create another one.',
    });
  }
  refuseAny(key, missingFlags(covers, isFlag));
  if (JSON.stringify(standing.covers) === JSON.stringify(covers)) return null;
  return holdouts.map((holdout) => (holdout === standing ? { ...holdout, covers } : holdout));
}

/**
 * The holdouts with one of them ended, or null when it has ended already.
 *
 * @throws {HeadgateError} HOLDOUT_NOT_FOUND
 */
export function withEnd(holdouts: readonly Holdout[], key: string, endedAt: string): Holdout[] | null {
  const standing = findHoldout(holdouts, key);
  if (standing.endedAt !== undefined) return null;
  return holdouts.map((holdout) => (holdout === standing ? { ...holdout, endedAt } : holdout));
}

/**
 * One of the holdouts, live or ended.
 *
 * @throws {HeadgateError} HOLDOUT_NOT_FOUND
 */
export function findHoldout(holdouts: readonly Holdout[], key: string): Holdout {
  const found = holdouts.find((holdout) => holdout.key === key);
  if (found !== undefined) return found;
  throw new HeadgateError(ErrorCode.HoldoutNotFound, `there is no holdout '${key}'`, {
    remedy: 'List those there are: headgate holdout list.',
  });
}

function missingFlags({ flags = [] }: HoldoutCoverage, isFlag: (key: string) => boolean): Issue[] {
  return flags.flatMap((key, index) =>
    isFlag(key) ? [] : [{ field: `covers.flags[${index}]`, message: `there is no flag '${key}'` }],
  );
}

function refuseAny(key: string, issues: readonly Issue[]): void {
  if (issues.length > 0) throw new ValidationError(ErrorCode.InvalidArgument, `holdout '${key}'`, [...issues]);
}
