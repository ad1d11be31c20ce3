import type { Condition } from '../document/condition';
import { compileCondition } from './condition';
import { compileFlag } from './compile-flag';
import { isCovered, type CompiledHoldout } from './holdout';
import type { Lease } from './lease';
import type { CompiledFlag, CompiledSegment, Predicate, SdkFlag, SdkSegment } from './resolution';
import { failure } from './variants';

/** What was compiled before, to be used again where nothing it stands on has changed. */
export interface Compiled {
  readonly flags: ReadonlyMap<string, CompiledFlag>;
  readonly segments: ReadonlyMap<string, CompiledSegment>;
}

type Lookup<T> = (key: string) => T | undefined;

/** Resolves keys once each. A key met again while it is being compiled closes a cycle and stays undefined, so it matches nobody. */
function onceEach<T>(compile: Lookup<T>): Lookup<T> {
  const done = new Map<string, T | undefined>();
  return (key) => {
    if (!done.has(key)) {
      done.set(key, undefined);
      done.set(key, compile(key));
    }
    return done.get(key);
  };
}

/** Runs `compile` with a lookup that notes what was asked for. */
function noting<T, R>(lookup: (key: string) => T | undefined, compile: (noted: (key: string) => T | undefined) => R) {
  const references = new Map<string, T | undefined>();
  const result = compile((key) => {
    const found = lookup(key);
    references.set(key, found);
    return found;
  });
  return { result, references };
}

function stillStands<T>(
  references: ReadonlyMap<string, T | undefined>,
  lookup: (key: string) => T | undefined,
): boolean {
  for (const [key, found] of references) if (lookup(key) !== found) return false;
  return true;
}

/** What flags and segments are compiled with. */
export interface CompileWith {
  /** The lease of a rollout, made when it is new. */
  readonly lease: (rolloutId: string) => Lease;
  /** All live holdouts, oldest first. */
  readonly holdouts: readonly CompiledHoldout[];
  readonly before: Compiled | undefined;
}

/** Compiles segments and living flags in key order. One whose revision and references are as before keeps its former object. */
export function compileAll(
  flags: readonly SdkFlag[],
  segments: readonly SdkSegment[],
  { lease, holdouts, before }: CompileWith,
): Compiled {
  const segmentByKey = new Map(segments.map((segment) => [segment.key, segment]));
  const segment: Lookup<CompiledSegment> = onceEach((key) => {
    const source = segmentByKey.get(key);
    if (source === undefined) return undefined;
    const former = before?.segments.get(key);
    if (former?.revision === source.revision && stillStands(former.references, segment)) return former;
    const { result, references } = noting(segment, (noted) => compileSafely(source.if, noted));
    return { revision: source.revision, matches: result, references };
  });

  const flagByKey = new Map(flags.map((flag) => [flag.key, flag]));
  const flag: Lookup<CompiledFlag> = onceEach((key) => {
    const source = flagByKey.get(key);
    if (source === undefined) return undefined;
    const former = before?.flags.get(key);
    const covering = coveringOf(source, holdouts);
    if (
      former?.source.revision === source.revision &&
      drawAlike(former.holdouts, covering) &&
      stillStands(former.segments, segment) &&
      stillStands(former.prerequisites, flag)
    ) {
      return former;
    }
    return compileOne(source, segment, flag, lease, covering);
  });

  return { flags: collect(flagByKey.keys(), flag), segments: collect(segmentByKey.keys(), segment) };
}

function compileOne(
  source: SdkFlag,
  segment: Lookup<CompiledSegment>,
  flag: Lookup<CompiledFlag>,
  lease: (rolloutId: string) => Lease,
  holdouts: readonly CompiledHoldout[],
): CompiledFlag {
  const outer = noting(segment, (segmentNoted) =>
    noting(flag, (prerequisite) => {
      try {
        return compileFlag(source, { segment: segmentNoted, prerequisite, lease, holdouts });
      } catch (error) {
        const broken = failure('PARSE_ERROR', `flag '${source.key}' cannot be read: ${String(error)}`);
        return () => broken;
      }
    }),
  );
  return {
    source,
    type: source.type,
    resolve: outer.result.result,
    segments: outer.references,
    prerequisites: outer.result.references,
    holdouts,
  };
}

const UNCOVERED: readonly CompiledHoldout[] = [];

function coveringOf(flag: SdkFlag, holdouts: readonly CompiledHoldout[]): readonly CompiledHoldout[] {
  return holdouts.length === 0 ? UNCOVERED : holdouts.filter(({ source }) => isCovered(source, flag));
}

function drawAlike(former: readonly CompiledHoldout[], covering: readonly CompiledHoldout[]): boolean {
  return (
    former.length === covering.length &&
    former.every(({ source: { key }, holds }, at) => key === covering[at]?.source.key && holds === covering[at].holds)
  );
}

function compileSafely(condition: Condition, segment: Lookup<CompiledSegment>): Predicate {
  try {
    return compileCondition(condition, segment);
  } catch {
    return () => false;
  }
}

function collect<T>(keys: Iterable<string>, find: (key: string) => T | undefined): Map<string, T> {
  const found = new Map<string, T>();
  for (const key of [...keys].sort()) {
    const value = find(key);
    if (value !== undefined) found.set(key, value);
  }
  return found;
}
