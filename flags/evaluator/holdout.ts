import type { Holdout } from '../document/holdout';
import { targetingKeyOf } from './attribute';
import { bucketUnder, prepareSalt, thresholdOf } from './bucket';
import type { Resolution, Resolver } from './resolution';

/** What evaluation needs of a holdout. */
export type SdkHoldout = Pick<Holdout, 'key' | 'weight' | 'salt' | 'covers'>;

/** The live holdouts of an environment, oldest first, at one revision. */
export interface SdkHoldouts {
  readonly revision: number;
  readonly live: readonly SdkHoldout[];
}

/** A holdout ready to be asked. */
export interface CompiledHoldout {
  readonly source: SdkHoldout;
  /** Whether a targeting key is held out: by its bucket under the holdout's salt, whatever the flag. */
  readonly holds: (targetingKey: string) => boolean;
}

/** What of a flag decides whether a holdout covers it. */
export interface CoverableFlag {
  readonly key: string;
  readonly owner?: string | undefined;
  readonly tags?: readonly string[] | undefined;
}

/** Whether a holdout covers a flag. */
export function isCovered({ covers }: Pick<Holdout, 'covers'>, flag: CoverableFlag): boolean {
  return (
    covers.all === true ||
    covers.flags?.includes(flag.key) === true ||
    (flag.owner !== undefined && covers.owners?.includes(flag.owner) === true) ||
    (covers.tags !== undefined && flag.tags?.some((tag) => covers.tags?.includes(tag)) === true)
  );
}

/**
 * Prepares holdouts, oldest first. One that draws as before keeps its former object, so that flags it covers are not
 * compiled again.
 */
export function compileHoldouts(
  live: readonly SdkHoldout[],
  before: readonly CompiledHoldout[],
): readonly CompiledHoldout[] {
  return live.map((source) => {
    const former = before.find(({ source: { key } }) => key === source.key);
    if (former?.source.weight === source.weight && former.source.salt === source.salt) {
      return { source, holds: former.holds };
    }
    const salt = prepareSalt(source.salt);
    const threshold = thresholdOf(source.weight);
    return { source, holds: (targetingKey) => bucketUnder(salt, targetingKey) < threshold };
  });
}

/**
 * Puts the holdouts that cover a flag before one of its places: who is held out by any gets what the place has for the
 * oldest such one. A context without targeting key is held out by none.
 *
 * @param answerFor what the place serves to keys of a holdout; undefined where it makes no difference to them
 */
export function withHoldouts(
  covering: readonly CompiledHoldout[],
  answerFor: (holdout: string) => Resolution | undefined,
  then: Resolver,
): Resolver {
  const checks = covering.flatMap(({ source, holds }) => {
    const resolution = answerFor(source.key);
    return resolution === undefined ? [] : [{ holds, resolution }];
  });
  if (checks.length === 0) return then;
  return (context, monotonicMs) => {
    const key = targetingKeyOf(context);
    if (key !== undefined) for (const { holds, resolution } of checks) if (holds(key)) return resolution;
    return then(context, monotonicMs);
  };
}
