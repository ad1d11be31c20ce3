import { Compiler } from '../../flags/evaluator/compiler';
import { flagOfLine, type CarriedRollout } from '../../flags/evaluator/flag-line';
import { compileHoldouts, type SdkHoldouts } from '../../flags/evaluator/holdout';
import type { SdkKillSwitch } from '../../flags/evaluator/kill-switch';
import { noLease, type Lease } from '../../flags/evaluator/lease';
import type { CompiledFlag, SdkFlag, SdkSegment } from '../../flags/evaluator/resolution';
import { CompiledSnapshot } from '../../flags/evaluator/snapshot';
import { allOf, changesBetween, type Changes } from './changes';
import { isLiving, jsonOf, keyOf, referencesOfLine, revisionOf } from './flag-lines';
import { FlagTable } from './flag-table';
import { mergeNewest, mergeSegments } from './merge';
import type { SnapshotAnswer, SnapshotDocument } from './snapshot-document';
import { isReadableFlag } from './wire';

/** Live rollouts by the key of the flag that carries them. */
type Rollouts = ReadonlyMap<string, CarriedRollout>;

/** All that is known of an environment, and what evaluates it. */
interface Known {
  readonly environment: string;
  readonly table: FlagTable;
  readonly rollouts: Rollouts;
  readonly segments: ReadonlyMap<string, SdkSegment>;
  readonly killSwitch: SdkKillSwitch | undefined;
  readonly holdouts: SdkHoldouts | undefined;
  readonly compiler: Compiler;
  readonly compiled: CompiledSnapshot;
}

/** What the server is at, which may lag behind what is known here. */
interface ServerView {
  readonly etag: string | undefined;
  readonly rollouts: Rollouts;
  /** Ids of its live rollouts, in the order in which it tells their leases. */
  readonly leaseOrder: readonly string[];
  /** Whether all that is known here is what the server knows. */
  readonly isAllKnown: boolean;
}

const NOTHING_TOLD: ServerView = { etag: undefined, rollouts: new Map(), leaseOrder: [], isAllKnown: true };

/**
 * Flags as last known. An answer of a server that lags behind takes nothing back: each flag and segment, the kill
 * switch and the holdouts keep their highest revision, and a flag goes only by its tombstone. A flag is read and
 * compiled when it is first evaluated, and one that cannot be read fails alone. Every change makes a new snapshot;
 * evaluations under way keep theirs.
 */
export class SnapshotState {
  readonly #unreadable: (key: string, reason: string) => void;
  #known: Known | undefined;
  #server = NOTHING_TOLD;

  /** @param unreadable - told of each flag that cannot be evaluated, with the reason */
  constructor(unreadable: (key: string, reason: string) => void = () => undefined) {
    this.#unreadable = unreadable;
  }

  /** What evaluations run on; undefined until flags are known. */
  get compiled(): CompiledSnapshot | undefined {
    return this.#known?.compiled;
  }

  /** Whether a live rollout waits for its first lease. */
  get wantsLeases(): boolean {
    return [...(this.compiled?.leases.values() ?? [])].some(
      ({ expiresAtMonotonicMs }) => expiresAtMonotonicMs === Number.NEGATIVE_INFINITY,
    );
  }

  /** For the next conditional request. */
  get etag(): string | undefined {
    return this.#server.etag;
  }

  /**
   * Takes an answer over: a whole snapshot, or what has changed since the last one.
   *
   * @param sentAtMonotonicMs - when the request was sent: from then its leases count. Undefined where nothing was
   *   asked, so that nobody knows how old the answer is: leases then stay as they are
   * @returns flags that may now evaluate differently; undefined when the answer does not fit what is known here, which
   *   is then asked for as a whole
   */
  apply(answer: SnapshotAnswer, etag: string | undefined, sentAtMonotonicMs: number | undefined): Changes | undefined {
    const rollouts = this.#rolloutsToldBy(answer);
    const told = rollouts === undefined ? undefined : this.#segmentsToldBy(answer);
    if (rollouts === undefined || told === undefined || rollouts.size !== answer.leases.length)
      return this.#forgetTag();
    const { changes, isAllKnown } = this.#merge(answer, told);
    const leaseOrder = [...rollouts.values()].map(([, id]) => id);
    this.#server = { etag, rollouts, leaseOrder, isAllKnown };
    if (sentAtMonotonicMs !== undefined) this.renew(answer.leases, sentAtMonotonicMs);
    return changes;
  }

  /**
   * Takes the leases of an unchanged snapshot over.
   *
   * @returns false when they do not fit the snapshot known here; it is then asked for as a whole
   */
  renew(leases: readonly number[], sentAtMonotonicMs: number): boolean {
    const { leaseOrder } = this.#server;
    if (leases.length !== leaseOrder.length) {
      this.#forgetTag();
      return false;
    }
    const left = new Map(leaseOrder.map((id, index) => [id, leases[index] ?? -1]));
    const { compiled } = this;
    for (const id of compiled?.leases.keys() ?? []) {
      const remainingMs = left.get(id) ?? -1;
      compiled?.setLease(id, remainingMs > 0 ? sentAtMonotonicMs + remainingMs : Number.NEGATIVE_INFINITY);
    }
    return true;
  }

  /** Takes over what an earlier process stored. Its leases count as expired. */
  restore(stored: SnapshotDocument): void {
    this.#merge(stored, stored.segments);
    const rollouts = byFlag(stored.rollouts);
    this.#server = { etag: stored.etag, rollouts, leaseOrder: stored.rollouts.map(([, id]) => id), isAllKnown: true };
  }

  /** For the disk; undefined until flags are known. Leases are never kept. */
  toStored(): SnapshotDocument | undefined {
    if (this.#known === undefined) return undefined;
    const { environment, table, rollouts, segments, killSwitch, holdouts } = this.#known;
    // Where the server does not know all that is known here, its tag is none of this.
    const { etag, isAllKnown } = this.#server;
    const carried = isAllKnown ? this.#server.rollouts : rollouts;
    return {
      environment,
      etag: isAllKnown ? etag : undefined,
      rollouts: [...carried.values()],
      segments: [...segments.values()],
      killSwitch,
      holdouts,
      lines: table.toLines(),
    };
  }

  #forgetTag(): undefined {
    this.#server = { ...this.#server, etag: undefined };
    return undefined;
  }

  /** Rollouts of the server after an answer, in the order of its leases; undefined when it adds to what is not known here. */
  #rolloutsToldBy({ base, lines, rollouts }: SnapshotAnswer): Rollouts | undefined {
    if (base === undefined) return byFlag(rollouts);
    if (base !== strong(this.#server.etag)) return undefined;
    const all = new Map(this.#server.rollouts);
    for (const line of lines) all.delete(keyOf(line));
    for (const carried of rollouts) all.set(carried[0], carried);
    return byFlag([...all.values()].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** All segments of the server after an answer; undefined when one is not known here. */
  #segmentsToldBy({ base, segments, segmentKeys = [] }: SnapshotAnswer): readonly SdkSegment[] | undefined {
    if (base === undefined) return segments;
    const told = new Map(segments.map((segment) => [segment.key, segment]));
    const all = segmentKeys.map((key) => told.get(key) ?? this.#known?.segments.get(key));
    return all.every((segment) => segment !== undefined) ? all : undefined;
  }

  #merge(told: SnapshotDocument, toldSegments: readonly SdkSegment[]): { changes: Changes; isAllKnown: boolean } {
    const { environment } = told;
    // Another environment has nothing in common with this one, not even revisions.
    const before = this.#known?.environment === environment ? this.#known : undefined;
    const former = before?.table ?? FlagTable.empty;
    const isWhole = told.base === undefined;
    const { table, changed, kept } = isWhole ? former.withAll(told.lines) : former.withSome(told.lines);
    const rollouts = mergeRollouts(before?.rollouts, told, kept);
    const segments = mergeSegments(before?.segments ?? new Map(), toldSegments, () => segmentsReferredTo(table));
    const killSwitch = mergeNewest(before?.killSwitch, told.killSwitch);
    const holdouts = mergeNewest(before?.holdouts, told.holdouts);
    const held = compileHoldouts(holdouts?.live ?? [], before?.compiled.holdouts ?? []);
    const leases = leasesOf(rollouts, before?.compiled.leases);
    const isChanged = new Set(changed);
    const read = (key: string): SdkFlag | undefined => readFlag(environment, table, key);
    const compiler = new Compiler(
      {
        flag: read,
        segment: (key) => segments.get(key),
        isSame: ({ source: { key } }: CompiledFlag) => !isChanged.has(key),
        lease: (id) => leases.get(id) ?? noLease(),
        holdouts: held,
        failed: this.#unreadable,
      },
      before?.compiler.compiled,
    );
    compiler.carryOver();
    const isKilled = killSwitch?.on === true;
    const compiled = new CompiledSnapshot(compiler.flags, compiler.segments, leases, isKilled, held);
    this.#known = { environment, table, rollouts, segments, killSwitch, holdouts, compiler, compiled };
    const changes =
      before?.compiled.isKilled !== isKilled
        ? allOf(table)
        : changesBetween(
            { table: former, segments: before.segments, holdouts: before.compiled.holdouts },
            { table, segments, holdouts: held },
            changed,
            (key) => compiler.flags.get(key)?.source,
          );
    return { changes, isAllKnown: kept.size === 0 && (isWhole || this.#server.isAllKnown) };
  }
}

/** An entity tag without what says that it is weak. */
function strong(etag: string | undefined): string | undefined {
  return etag?.replace(/^W\//, '');
}

function byFlag(rollouts: readonly CarriedRollout[]): Rollouts {
  return new Map(rollouts.map((carried) => [carried[0], carried]));
}

/** Rollouts of the flags as they are known after an answer; what it tells of flags that were kept is old. */
function mergeRollouts(
  before: Rollouts = new Map(),
  { base, lines, rollouts }: SnapshotDocument,
  kept: ReadonlySet<string>,
): Rollouts {
  const stays = ([key]: CarriedRollout): boolean => kept.has(key);
  const merged = new Map(base === undefined ? byFlag([...before.values()].filter(stays)) : before);
  if (base !== undefined) {
    for (const line of lines) if (!kept.has(keyOf(line))) merged.delete(keyOf(line));
  }
  for (const carried of rollouts) if (!stays(carried)) merged.set(carried[0], carried);
  return merged;
}

/** A lease for each rollout: the one it had, or one that was never granted. */
function leasesOf(rollouts: Rollouts, before: ReadonlyMap<string, Lease> | undefined): Map<string, Lease> {
  const leases = new Map<string, Lease>();
  for (const [, id, leaseMs] of rollouts.values()) {
    const lease = before?.get(id) ?? noLease();
    lease.ttlMs = leaseMs;
    leases.set(id, lease);
  }
  return leases;
}

function* segmentsReferredTo(table: FlagTable): Generator<string> {
  for (const line of table.referring()) yield* referencesOfLine(line).segments ?? [];
}

/** @throws {Error} when the flag is there and cannot be read */
function readFlag(environment: string, table: FlagTable, key: string): SdkFlag | undefined {
  const line = table.get(key);
  if (line === undefined || !isLiving(line)) return undefined;
  const rest = JSON.parse(jsonOf(line)) as Partial<SdkFlag>;
  const flag = flagOfLine({ environment, key, revision: revisionOf(line) }, rest);
  if (!isReadableFlag(flag)) throw new TypeError('it has no type or no variants');
  return flag;
}
