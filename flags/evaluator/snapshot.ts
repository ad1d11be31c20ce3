import type { EvaluationContext } from '@openfeature/core';
import type { FlagType } from '../document/flag';
import { Compiler } from './compiler';
import { compileHoldouts, type CompiledHoldout, type SdkHoldouts } from './holdout';
import { LogicFault } from './foreign/logic-scope';
import { killedResolution, type SdkKillSwitch } from './kill-switch';
import { noLease, type Lease } from './lease';
import {
  isTombstone,
  type CompiledFlag,
  type CompiledSegment,
  type Details,
  type Lookup,
  type Resolution,
  type SdkFlag,
  type SdkSegment,
  type Tombstone,
} from './resolution';
import { failure } from './variants';

const NOT_READY = failure('PROVIDER_NOT_READY', 'no flags have been received yet');

/**
 * Flags and segments of one environment at one moment, compiled, or compiled when they are asked for: each evaluation
 * sees this one state and nothing else.
 */
export class CompiledSnapshot<
  Flags extends Lookup<CompiledFlag> = Lookup<CompiledFlag>,
  Segments extends Lookup<CompiledSegment> = Lookup<CompiledSegment>,
> {
  constructor(
    readonly flags: Flags,
    readonly segments: Segments,
    /** By rollout id, for the rollouts of this snapshot; shared with the snapshots before and after it. */
    readonly leases: ReadonlyMap<string, Lease>,
    /** Whether the environment's kill switch is on: outside the compiled flags, so that turning it compiles nothing. */
    readonly isKilled = false,
    /** Live holdouts, oldest first. */
    readonly holdouts: readonly CompiledHoldout[] = [],
  ) {}

  /**
   * Grants, renews or (with minus infinity) ends a rollout's lease, without compiling anything. Unknown rollouts are ignored.
   *
   * @param expiresAtMonotonicMs - on the clock later given to {@link resolve}
   */
  setLease(rolloutId: string, expiresAtMonotonicMs: number): void {
    const lease = this.leases.get(rolloutId);
    if (lease !== undefined) lease.expiresAtMonotonicMs = expiresAtMonotonicMs;
  }

  /**
   * Evaluates one flag. Allocates nothing when it succeeds and never throws, whatever the context.
   *
   * @param monotonicMs - the evaluator's monotonic clock, against which leases run
   * @returns shared, frozen objects; in failures `details.value` is undefined and the caller's default is due
   */
  resolve(flagKey: string, expectedType: FlagType, context: EvaluationContext, monotonicMs: number): Resolution {
    const flag = this.flags.get(flagKey);
    if (flag === undefined) return failure('FLAG_NOT_FOUND', `there is no flag '${flagKey}'`);
    if (flag.type !== expectedType) return otherType(flag, expectedType, context, monotonicMs);
    if (this.isKilled) return killedResolution(flag.source);
    try {
      return flag.resolve(context, monotonicMs);
    } catch (error) {
      if (error instanceof LogicFault)
        return failure('GENERAL', `flag '${flagKey}': ${error.message}`, flag.source.metadata);
      // A context may hold accessors that throw, and is not ours.
      return failure('INVALID_CONTEXT', `the evaluation context could not be read: ${String(error)}`);
    }
  }

  /** {@link resolve} as OpenFeature's resolution details, with the caller's default in failures. */
  evaluate<T>(
    flagKey: string,
    expectedType: FlagType,
    defaultValue: T,
    context: EvaluationContext,
    monotonicMs: number,
  ): Details<T> {
    return withDefault(this.resolve(flagKey, expectedType, context, monotonicMs), defaultValue);
  }
}

/**
 * The details of a resolution; the caller's default stands in for what failed, and where the flag itself has no variant
 * to serve.
 */
export function withDefault<T>({ details }: Resolution, defaultValue: T): Details<T> {
  return (details.value === undefined ? { ...details, value: defaultValue } : details) as Details<T>;
}

/** A snapshot of which everything is compiled, in the order of keys. */
export type AllCompiled = CompiledSnapshot<ReadonlyMap<string, CompiledFlag>, ReadonlyMap<string, CompiledSegment>>;

/** What an evaluator without any snapshot answers. */
export function notReady(): Resolution {
  return NOT_READY;
}

/** Flags and segments as they are sent to evaluators. */
export interface SnapshotSource {
  readonly flags: readonly (SdkFlag | Tombstone)[];
  readonly segments: readonly SdkSegment[];
  /** Left out where it was never used. */
  readonly killSwitch?: SdkKillSwitch | undefined;
  /** Left out where there never was one. */
  readonly holdouts?: SdkHoldouts | undefined;
}

/**
 * Compiles a snapshot. Given the one before, whatever has the same revision and the same references is used again, and
 * live rollouts keep their lease; a rollout not seen before has none until {@link CompiledSnapshot.setLease}.
 */
export function compileSnapshot(
  { flags, segments, killSwitch, holdouts }: SnapshotSource,
  before?: AllCompiled,
): AllCompiled {
  const leases = new Map<string, Lease>();
  const living = flags.filter((flag): flag is SdkFlag => !isTombstone(flag));
  for (const { rollout } of living) {
    if (rollout === undefined) continue;
    const lease = before?.leases.get(rollout.id) ?? noLease();
    lease.ttlMs = rollout.leaseMs;
    leases.set(rollout.id, lease);
  }
  const lease = (rolloutId: string): Lease => leases.get(rolloutId) ?? noLease();
  const held = compileHoldouts(holdouts?.live ?? [], before?.holdouts ?? []);
  const flagByKey = new Map(living.map((flag) => [flag.key, flag]));
  const segmentByKey = new Map(segments.map((segment) => [segment.key, segment]));
  const source = {
    flag: (key: string) => flagByKey.get(key),
    segment: (key: string) => segmentByKey.get(key),
    isSame: ({ source: { key, revision } }: CompiledFlag) => flagByKey.get(key)?.revision === revision,
    lease,
    holdouts: held,
  };
  const compiler = new Compiler(source, before);
  const compiledSegments = collect(segmentByKey.keys(), (key) => compiler.segments.get(key));
  const compiledFlags = collect(flagByKey.keys(), (key) => compiler.flags.get(key));
  return new CompiledSnapshot(compiledFlags, compiledSegments, leases, killSwitch?.on === true, held);
}

function collect<T>(keys: Iterable<string>, find: (key: string) => T | undefined): Map<string, T> {
  const found = new Map<string, T>();
  for (const key of [...keys].sort()) {
    const value = find(key);
    if (value !== undefined) found.set(key, value);
  }
  return found;
}

/** Which of the segments that a flag's live rollout observes have the user, for outcomes to be kept apart by them. */
export function matchedSegments(snapshot: CompiledSnapshot, flagKey: string, context: EvaluationContext): string[] {
  const observed = snapshot.flags.get(flagKey)?.source.rollout?.observe.segments ?? [];
  return observed.filter((key) => {
    try {
      return snapshot.segments.get(key)?.matches(context) === true;
    } catch {
      return false;
    }
  });
}

function otherType(
  flag: CompiledFlag,
  expected: FlagType,
  context: EvaluationContext,
  monotonicMs: number,
): Resolution {
  if (flag.isUnreadable) return flag.resolve(context, monotonicMs);
  return failure('TYPE_MISMATCH', `flag '${flag.source.key}' is of type ${flag.type}, not ${expected}`);
}
