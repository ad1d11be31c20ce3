import { messageOf } from '../../core/errors';
import type { Condition } from '../document/condition';
import { compileCondition } from './condition';
import { compileFlag } from './compile-flag';
import { isCovered, type CompiledHoldout } from './holdout';
import type { Lease } from './lease';
import type { CompiledFlag, CompiledSegment, Lookup, Predicate, SdkFlag, SdkSegment } from './resolution';
import { failure } from './variants';

/** What was compiled before, to be used again where nothing it stands on has changed. */
export interface Compiled {
  readonly flags: ReadonlyMap<string, CompiledFlag>;
  readonly segments: ReadonlyMap<string, CompiledSegment>;
}

type Find<T> = (key: string) => T | undefined;

const MOST_ABSENT = 1_000;

/**
 * Makes values when they are first asked for, and keeps them. A key met again while it is being made closes a cycle and
 * is undefined, so it matches nobody.
 */
class OnceEach<T> {
  readonly #make: Find<T>;
  readonly made = new Map<string, T>();
  readonly #making = new Set<string>();
  /** Keys that callers ask for and nobody has; bounded, as there is no end to them. */
  readonly #absent = new Set<string>();

  constructor(make: Find<T>) {
    this.#make = make;
  }

  get(key: string): T | undefined {
    return this.made.get(key) ?? this.#first(key);
  }

  #first(key: string): T | undefined {
    if (this.#absent.has(key) || this.#making.has(key)) return undefined;
    this.#making.add(key);
    const value = this.#make(key);
    this.#making.delete(key);
    if (value === undefined) {
      if (this.#absent.size >= MOST_ABSENT) this.#absent.clear();
      this.#absent.add(key);
    } else this.made.set(key, value);
    return value;
  }
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

/** What is to be compiled. */
export interface CompilerSource {
  /**
   * A living flag; undefined where there is none.
   *
   * @throws {Error} for a flag that cannot be read, which then fails alone
   */
  readonly flag: Find<SdkFlag>;
  readonly segment: Find<SdkSegment>;
  /** Whether a flag still says what it said when it was compiled. */
  readonly isSame: (former: CompiledFlag) => boolean;
  /** The lease of a rollout, made when it is new. */
  readonly lease: (rolloutId: string) => Lease;
  /** All live holdouts, oldest first. */
  readonly holdouts: readonly CompiledHoldout[];
  /** Told of each flag that cannot be read or compiled, with the reason. */
  readonly failed?: (key: string, reason: string) => void;
}

/**
 * Compiles flags and segments, each when it is first asked for. What is as it was, with all that it refers to, keeps
 * its former object.
 */
export class Compiler {
  readonly #source: CompilerSource;
  #before: Compiled | undefined;
  readonly #flags = new OnceEach<CompiledFlag>((key) => this.#flag(key));
  readonly #segments = new OnceEach<CompiledSegment>((key) => this.#segment(key));
  readonly #findFlag: Find<CompiledFlag> = (key) => this.#flags.get(key);
  readonly #findSegment: Find<CompiledSegment> = (key) => this.#segments.get(key);

  constructor(source: CompilerSource, before: Compiled | undefined) {
    this.#source = source;
    this.#before = before;
  }

  /** What has been compiled so far. */
  get compiled(): Compiled {
    return { flags: this.#flags.made, segments: this.#segments.made };
  }

  /** Living flags, compiled. */
  get flags(): Lookup<CompiledFlag> {
    return this.#flags;
  }

  /** Segments, compiled. */
  get segments(): Lookup<CompiledSegment> {
    return this.#segments;
  }

  /**
   * Compiles what was compiled before, where it is not the same, and lets go of it: what is in use is ready at once,
   * and nothing old is held.
   */
  carryOver(): void {
    for (const key of this.#before?.segments.keys() ?? []) this.#segments.get(key);
    for (const key of this.#before?.flags.keys() ?? []) this.#flags.get(key);
    this.#before = undefined;
  }

  #segment(key: string): CompiledSegment | undefined {
    const source = this.#source.segment(key);
    if (source === undefined) return undefined;
    const former = this.#before?.segments.get(key);
    if (former?.revision === source.revision && stillStands(former.references, this.#findSegment)) return former;
    const { result, references } = noting(this.#findSegment, (noted) => compileSafely(source.if, noted));
    return { revision: source.revision, matches: result, references };
  }

  #flag(key: string): CompiledFlag | undefined {
    let source: SdkFlag | undefined;
    try {
      const former = this.#before?.flags.get(key);
      if (former !== undefined && this.#isReady(former)) return former;
      source = this.#source.flag(key);
      if (source === undefined) return undefined;
      const { holdouts, lease } = this.#source;
      return compileOne(source, this.#findSegment, this.#findFlag, lease, coveringOf(source, holdouts));
    } catch (error) {
      const reason = messageOf(error);
      this.#source.failed?.(key, reason);
      return unreadable(source ?? { ...EMPTY_FLAG, _id: key, key }, reason);
    }
  }

  #isReady(former: CompiledFlag): boolean {
    return (
      this.#source.isSame(former) &&
      drawAlike(former.holdouts, coveringOf(former.source, this.#source.holdouts)) &&
      stillStands(former.segments, this.#findSegment) &&
      stillStands(former.prerequisites, this.#findFlag)
    );
  }
}

const NOTHING: ReadonlyMap<string, undefined> = new Map();

/** A flag that nobody can evaluate: whoever asks for it gets the caller's default and the reason, and no other flag suffers. */
function unreadable(source: SdkFlag, reason: string): CompiledFlag {
  const broken = failure('PARSE_ERROR', `flag '${source.key}' cannot be read: ${reason}`);
  return {
    source,
    type: source.type,
    isUnreadable: true,
    resolve: () => broken,
    segments: NOTHING,
    prerequisites: NOTHING,
    holdouts: UNCOVERED,
  };
}

const EMPTY_FLAG: Omit<SdkFlag, '_id' | 'key'> = Object.freeze({
  environment: '',
  enabled: false,
  type: 'boolean',
  variants: {},
  rules: [],
  prerequisites: [],
  salt: '',
  revision: 0,
});

function compileOne(
  source: SdkFlag,
  segment: Find<CompiledSegment>,
  flag: Find<CompiledFlag>,
  lease: (rolloutId: string) => Lease,
  holdouts: readonly CompiledHoldout[],
): CompiledFlag {
  const outer = noting(segment, (segmentNoted) =>
    noting(flag, (prerequisite) => compileFlag(source, { segment: segmentNoted, prerequisite, lease, holdouts })),
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

function compileSafely(condition: Condition, segment: Find<CompiledSegment>): Predicate {
  try {
    return compileCondition(condition, segment);
  } catch {
    return () => false;
  }
}
