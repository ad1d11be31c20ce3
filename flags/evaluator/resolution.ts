import type { ErrorCode, EvaluationContext, FlagMetadata } from '@openfeature/core';
import type { Flag, FlagType } from '../document/flag';
import type { Segment } from '../document/segment';
import type { CompiledHoldout } from './holdout';

/** What evaluation needs of a stored flag: what SDKs are sent. */
export type SdkFlag = Omit<
  Flag,
  'lastChange' | 'tags' | 'description' | 'expiresAt' | 'modules' | 'services' | 'schemaVersion'
> & {
  /** Left out where there are none. Holdouts cover flags by them, and by the owner, who is told as a mark and not by name. */
  readonly tags?: Flag['tags'];
};
/** What a deleted flag leaves, so that no evaluator goes back to an older revision of it. */
export interface Tombstone {
  readonly key: string;
  readonly revision: number;
  readonly deleted: true;
}
/** Whether a flag is deleted; of a tombstone nothing else may be read. */
export function isTombstone(flag: SdkFlag | Tombstone): flag is Tombstone {
  return flag.deleted === true;
}
/** What evaluation needs of a segment. */
export type SdkSegment = Pick<Segment, 'key' | 'if' | 'revision'>;

/** OpenFeature's evaluation reasons that occur here. */
export type Reason = 'STATIC' | 'DEFAULT' | 'TARGETING_MATCH' | 'SPLIT' | 'DISABLED' | 'ERROR';

/** OpenFeature's resolution details. Successful ones are shared and frozen: evaluation allocates nothing. */
export interface Details<T = unknown> {
  readonly value: T;
  readonly variant?: string;
  readonly reason: Reason;
  readonly errorCode?: `${ErrorCode}`;
  readonly errorMessage?: string;
  readonly flagMetadata?: Readonly<FlagMetadata>;
}

/** What a live rollout did with a key. */
export interface Served {
  readonly flag: string;
  readonly rollout: string;
  readonly transition: number;
  readonly variant: string;
  readonly windowMs: number;
  /** The rollout has metrics per user, so events name the user by a digest; no when left out. */
  readonly perUser?: boolean;
  /**
   * The key was drawn into its arm by its bucket, so it is an exposure. False where something else decided (an excluded
   * segment, a lapsed lease, no targeting key): such users would bias the comparison.
   */
  readonly drawn: boolean;
}

/** An evaluation's result before its type is checked: details, and what a live rollout did, if one decided. */
export interface Resolution {
  readonly details: Details;
  readonly served?: Served;
}

/** A compiled condition. */
export type Predicate = (context: EvaluationContext) => boolean;
/** A compiled flag, or one place of it. `monotonicMs` is the evaluator's monotonic clock, for leases. */
export type Resolver = (context: EvaluationContext, monotonicMs: number) => Resolution;

/** A segment ready to be asked, and what its compilation stood on. */
export interface CompiledSegment {
  readonly revision: number;
  readonly matches: Predicate;
  readonly references: ReadonlyMap<string, CompiledSegment | undefined>;
}

/** A flag ready to be evaluated, and what its compilation stood on. */
export interface CompiledFlag {
  readonly source: SdkFlag;
  readonly type: FlagType;
  /** The flag could not be read; {@link resolve} says why, whatever type is asked for. */
  readonly isUnreadable?: true;
  readonly resolve: Resolver;
  /** Referenced segments as compiled; absent ones are undefined and match nobody. */
  readonly segments: ReadonlyMap<string, CompiledSegment | undefined>;
  readonly prerequisites: ReadonlyMap<string, CompiledFlag | undefined>;
  /** Holdouts that cover it, oldest first. */
  readonly holdouts: readonly CompiledHoldout[];
}

/** Finds something by its key. */
export interface Lookup<T> {
  get(key: string): T | undefined;
}
