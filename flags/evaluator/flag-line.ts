import { referencesOf } from './references';
import { isTombstone, type SdkFlag, type Tombstone } from './resolution';

/**
 * Media type of a snapshot whose first line is a header and whose other lines are flags, in the order of the bytes of
 * their keys.
 */
export const FLAG_LINES = 'application/vnd.headgate.flag-lines';
/** Names the same with only what has changed since the entity tag that was sent (RFC 3229). */
export const CHANGES_OF_LINES = 'headgate-flag-lines';
/** Status of an answer that tells changes. */
export const IM_USED = 226;

/** Name of a message of the stream of changes whose data is an answer of that kind; such data is no reason to ask again. */
export const CHANGES_EVENT = 'changes';

/**
 * What separates the fields of a line. JSON holds no tab and no line feed that is not escaped, and neither does a
 * flag's key.
 */
export const FIELD_END = '\t';

/**
 * A living flag's rollout, as evaluators are told of it before they read the flag: key, id, and the life of its lease
 * in milliseconds.
 */
export type CarriedRollout = readonly [flag: string, id: string, leaseMs: number];

/**
 * One flag as a line of text, without the line's end: key, revision, what it refers to (in JSON, empty where it is
 * nothing) and the rest of the flag in JSON. Of a deleted flag there are key and revision alone.
 */
export function flagLine(flag: SdkFlag | Tombstone): string {
  const { key, revision } = flag;
  if (isTombstone(flag)) return `${key}${FIELD_END}${revision}`;
  const references = referencesOf(flag);
  return [key, revision, references === undefined ? '' : JSON.stringify(references), restOf(flag)].join(FIELD_END);
}

/** What {@link flagLine} tells of a living flag, put together again. */
export function flagOfLine(
  { environment, key, revision }: Pick<SdkFlag, 'environment' | 'key' | 'revision'>,
  rest: Partial<SdkFlag>,
): SdkFlag {
  return { _id: `${environment}/${key}`, environment, key, revision, ...DEFAULTS, salt: key, ...rest } as SdkFlag;
}

/** The rollout that a flag carries; undefined where there is none. */
export function carriedBy(flag: SdkFlag | Tombstone): CarriedRollout | undefined {
  if (isTombstone(flag) || flag.rollout === undefined) return undefined;
  return [flag.key, flag.rollout.id, flag.rollout.leaseMs];
}

const DEFAULTS = Object.freeze({ enabled: true, rules: [], prerequisites: [] });

/** A flag in JSON without what its line or its environment says already: every service holds all flags, and evaluates some. */
function restOf({ _id, environment: _environment, key, revision: _revision, ...flag }: SdkFlag): string {
  const { enabled, rules, prerequisites, salt, ...rest } = flag;
  return JSON.stringify({
    ...(salt !== key && { salt }),
    ...(enabled ? {} : { enabled }),
    ...rest,
    ...(rules.length > 0 && { rules }),
    ...(prerequisites.length > 0 && { prerequisites }),
  });
}
